"""What has the focus on the screen below, the keys of that and of the whole screen, and what the symbols mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from installer.core.text.languages import _
from installer.ui.marks import STATES
from installer.ui.screens.dialog import Dialog
from installer.ui.widgets.sheet import GAP, Row, Sheet, row

if TYPE_CHECKING:
    from textual.app import ComposeResult

ABREAST, MARK_WIDTH = 4, 12
"""How the symbols are laid out."""
Keys = Sequence[tuple[str, str]]
"""What to press, and what it does."""


class HelpScreen(Dialog[None]):
    """Closes on any of the usual keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "close", _("close"), show=False)]

    def __init__(self, about: str, keys: Keys, here: str = "", own: Keys = ()) -> None:
        """`here` and `own`: what the part is that has the focus, and its own keys."""
        super().__init__()
        self._about, self._here = about, here
        self._keys, self._own = tuple(keys), tuple(own)

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog", id="help"):
            yield Static(self._about, classes="explanation", markup=False)
            yield Sheet(self._rows(), column=14)

    def on_mount(self) -> None:
        dialog = self.query_one("#help")
        dialog.border_title, dialog.border_subtitle = _("help"), _("esc closes")
        dialog.focus()

    def _rows(self) -> list[Row]:
        here = [*([row(_("here"), self._here)] if self._here else []), *_key_rows(self._own)]
        marks = [Content.styled(f"{look.symbol} {look.word}", look.style) for look in STATES.values()]
        lines = [marks[start : start + ABREAST] for start in range(0, len(marks), ABREAST)]
        table = [Content().join([mark.truncate(MARK_WIDTH, pad=True) for mark in line]) for line in lines]
        symbols = (row("" if number else _("symbols"), line) for number, line in enumerate(table))
        return [*here, *([GAP] if here else []), *_key_rows(self._keys), GAP, *symbols]


def _key_rows(keys: Keys) -> list[Row]:
    return [Row(Content.styled(key, "bold $text-primary"), Content(what)) for key, what in keys]
