"""A question with a safe answer that is chosen already."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from installer.core.text.languages import _
from installer.ui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from installer.ui.questions import Question


class ConfirmScreen(Dialog[bool]):
    """Answers True only where the person says so."""

    NOTHING = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", _("yes"), show=False),
        Binding("n,escape,q", "answer(False)", _("no"), show=False),
        Binding("left,right", "app.focus_next", _("the other answer"), show=False),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question.words, classes="question", markup=False)
            with VerticalScroll(classes="explanation", can_focus=False):
                yield Static(self._question.explanation, markup=False)
            with Horizontal(classes="answers"):
                yield Button(f"n  {self._question.no}", id="no", compact=True)
                yield Button(f"y  {self._question.yes}", id="yes", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
