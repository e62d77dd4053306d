"""What happened to the server: each time that it died or froze, what was measured then, and the end of its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from installer.core.text.languages import _, ngettext
from installer.core.text.quantities import duration
from installer.ui.intents import Back
from installer.ui.log.file_rows import FileRows
from installer.ui.plain import plain_content
from installer.ui.screens.base import HELP
from installer.ui.screens.log_keys import LOG_ACTIONS, LogKeys
from installer.ui.server_history_rows import incident_rows, kind_of, when
from installer.ui.widgets.key_line import KeyLine
from installer.ui.widgets.log_pane import LogPane
from installer.ui.widgets.sheet import Sheet, row
from installer.ui.widgets.table import Table
from installer.ui.widgets.title import TitleBar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from installer.core.contracts.server_history import KeptIncident, ServerHistory
    from installer.ui.board import Board


NOTHING = _(
    "When the server dies or freezes, it is restarted automatically, and the evidence is listed here. esc goes back."
)


class IncidentsScreen(LogKeys):
    """Shows what was kept; the newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "error(1)", _("next error")),
        Binding("i", "explain", _("explain"), tooltip=_("what is known about the marked line")),
        Binding("y", "copy", _("copy"), tooltip=_("copy the marked line, what is in view, or what is selected")),
        *HELP,
        Binding("escape,q", "close", _("back"), key_display="esc"),
    ]
    ABOUT = _(
        "A server that died or froze is restarted automatically, and the evidence is kept. "
        "`deploy-tui explain INCIDENT` says the same, with the stacks of its processes and what its log means."
    )

    PARTS: ClassVar[Mapping[str, str]] = {
        "incident-table": _("Each time that the server died or froze, newest first. Below: the evidence.")
    }

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._shown = ""
        self._listed: list[str] | None = None

    def compose(self) -> ComposeResult:
        yield TitleBar()
        yield Table(cursor_type="row", id="incident-table")
        with VerticalScroll(id="incident", can_focus=False):
            yield Sheet(column=12)
        yield LogPane()
        yield KeyLine()

    def begin(self) -> None:
        for name, width in ((_("when"), 13), (_("what"), 34), (_("back after"), 12)):
            self.table.add_column(name, width=max(width, len(name) + 1))
        self.table.focus()
        self._fill()

    def server_past_read(self, past: ServerHistory) -> None:
        if [kept.incident.id for kept in past.incidents] != self._listed:
            self._fill()

    @property
    def table(self) -> Table:
        return self.query_one("#incident-table", Table)

    def action_copy(self) -> None:
        self.log_pane.action_copy()

    def action_close(self) -> None:
        self.post_message(Back())

    @on(Table.RowHighlighted, "#incident-table")
    def _show_selected(self, _event: object = None) -> None:
        kept = self._kept
        if kept is None or kept.incident.id == self._shown:
            return
        self._shown = kept.incident.id
        self.query_one("#incident Sheet", Sheet).put(incident_rows(kept))
        rows = FileRows(kept.log)
        if kept.log.is_file():
            while rows.take() or rows.scan():  # what is kept of a log is short
                pass
        self.log_pane.show(rows, _("the end of its log, as it was then"), numbered=False)
        self.log_pane.action_error(-1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in (*LOG_ACTIONS, "copy") and not self._listed:
            return False
        return super().check_action(action, parameters)

    @property
    def _kept(self) -> KeptIncident | None:
        past, at = self.board.server_past, self.table.cursor_row
        return past.incidents[at] if past is not None and 0 <= at < len(past.incidents) else None

    def _fill(self) -> None:
        past = self.board.server_past
        found = past.incidents if past is not None else ()
        self._listed = [kept.incident.id for kept in found] if past is not None else None
        self.table.clear()
        for kept in found:
            one = kept.incident
            back = duration(one.back_after_s) if one.back_after_s is not None else _("not yet")
            self.table.add_row(Content(when(one.at)), plain_content(kind_of(one)), Content(back), key=one.id)
        words = (
            ngettext("{count} incident", "{count} incidents", len(found)).format(count=len(found))
            if past is not None
            else _("looking …")
        )
        self.query_one(TitleBar).status = Content.styled(words, "$foreground-muted")
        self.set_class(past is not None and not found, "-none")
        if past is not None and not found:
            nothing = row("", _("There are no incidents of this server."), "bold")
            self.refresh_bindings()
            self.query_one("#incident Sheet", Sheet).put([nothing, row("", NOTHING, "$foreground-muted")])
        self._show_selected()
