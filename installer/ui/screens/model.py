"""Requests a model by its name, or for a folder with one; checked as one types. Plans nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.validation import ValidationResult, Validator
from textual.widgets import Input, Static

from installer.core.recipes.rules import hub
from installer.core.text.languages import _, translated
from installer.ui.screens.dialog import Dialog
from installer.ui.widgets.typed_line import TypedLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

ABOUT = _(
    "A recipe is derived for this model and this machine, with a reason for each value. "
    "A name of the hub (ORG/NAME), or a folder of this machine."
)


class Model(Validator):
    """A name of the hub, or a folder that is there."""

    def validate(self, value: str) -> ValidationResult:
        if Path(value).expanduser().is_dir():
            return self.success()
        if value.startswith(("/", "./", "../", "~")):
            return self.failure(_("There is no such folder."))
        problem = translated(hub(value) or "")
        return self.failure(f"{problem[:1].upper()}{problem[1:]}.") if problem else self.success()


class ModelScreen(Dialog[str]):
    """Answers with the name, or with nothing."""

    NOTHING = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", _("back"), show=False)]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(ABOUT, classes="explanation", markup=False)
            yield TypedLine(
                placeholder="ORG/NAME", validators=[Model()], validate_on=["changed", "submitted"], compact=True
            )
            yield Static("", id="problem", markup=False)

    def on_mount(self) -> None:
        dialog = self.query_one(".dialog")
        dialog.border_title, dialog.border_subtitle = _("any model by its name"), _("enter plans it, esc closes")

    @on(Input.Changed)
    def _show_problem(self, event: Input.Changed) -> None:
        found = event.validation_result
        problems = found.failure_descriptions if found is not None and event.value else []
        self.query_one("#problem", Static).update("\n".join(problems))

    @on(Input.Submitted)
    def _answer(self, event: Input.Submitted) -> None:
        if event.validation_result is None or not event.validation_result.is_valid:
            self.app.bell()
            return
        self.dismiss(event.value.strip())
