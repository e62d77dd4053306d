"""What is known about a line of a log: the reason, what helps; or that nothing is known."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from installer.core.text.languages import _
from installer.ui.screens.dialog import Dialog
from installer.ui.widgets.sheet import Row, Sheet, row

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from installer.core.runs.cause import Cause


class ExplainedScreen(Dialog[None]):
    """Closes on any of the usual keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,i,enter", "close", _("close"), show=False)]

    def __init__(self, cause: Cause | None) -> None:
        super().__init__()
        self._cause = cause

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog", id="explained"):
            yield Sheet(explained_rows(self._cause), column=12)

    def on_mount(self) -> None:
        dialog = self.query_one("#explained")
        dialog.border_title, dialog.border_subtitle = _("explained"), _("esc closes")
        dialog.focus()


def explained_rows(cause: Cause | None) -> list[Row]:
    if cause is None:
        return [
            row("", _("Nothing is known about this line or the lines before it."), "bold"),
            row("", _("Start with the first traceback above it. `e` goes to the next error, `E` to the one "
                "before.")),
        ]  # fmt: skip
    sure = _("known cause") if cause.sure else "perhaps"
    rows = [row(sure, cause.title, "bold"), row(_("why"), cause.why), row(_("what to do"), cause.fix)]
    return [*rows, row(_("command"), shlex.join(cause.command))] if cause.command else rows
