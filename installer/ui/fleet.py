"""A fleet on the screen: a table with a row a host, what is known of the selected one, and a key to open it.

Shows what it is given, again and again; asks no host itself, and decides nothing about one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from installer.core.outcomes import ServerStatus
from installer.core.text.languages import _, ngettext, translated
from installer.ui.background import Background
from installer.ui.marks import SERVER, mark
from installer.ui.messages import BackgroundMessage, Trouble
from installer.ui.plain import plain_content
from installer.ui.theme import OWN, preferred
from installer.ui.widgets.key_line import KeyLine
from installer.ui.widgets.sheet import Row, Sheet, row
from installer.ui.widgets.table import Table

if TYPE_CHECKING:
    from textual.app import ComposeResult

_LONGEST = 40
"""Characters of a path in the title: what is said of the hosts comes after it."""
EVERY_S = 5.0
_COLUMNS = (("", 1), (_("host"), 14), (_("server"), 10), (_("last run"), 12), (_("model"), 24), ("", 40))


@dataclass(frozen=True, slots=True)
class HostRow:
    """One host as the table shows it. Words of the host are text that others wrote."""

    name: str
    address: str
    state: str
    """Of its server, as `status` says it; "unreached" if the host did not answer."""
    run: str = ""
    model: str = ""
    message: str = ""
    home: str = ""
    can_open: bool = True


@dataclass
class FleetPolled(BackgroundMessage):
    """What all hosts said."""

    rows: tuple[HostRow, ...]


Read = Callable[[], Sequence[HostRow]]
Open = Callable[[str], int]
"""Shows a host's own screen on this terminal until it is left; its exit status."""


class FleetApp(App[None]):
    """All hosts on one screen."""

    TITLE = "deploy-tui"
    CSS_PATH = "deploy.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o,enter", "open", _("open this host"), key_display="enter"),
        Binding("r", "read", _("ask again")),
        Binding("q,escape,ctrl+c", "leave", _("leave"), key_display="q", priority=True),
    ]

    def __init__(self, file: str, read: Read, opened: Open) -> None:
        super().__init__()
        self._file, self._read_hosts, self._opened = file, read, opened
        self._background = Background(self.post_message)
        self._rows: tuple[HostRow, ...] = ()
        for theme in OWN:
            self.register_theme(theme)
        self.theme = preferred() or self.theme

    def compose(self) -> ComposeResult:
        yield Static(id="fleet-title")
        yield Table(cursor_type="row", id="fleet-hosts")
        with VerticalScroll(id="fleet-host", classes="panel", can_focus=False):
            yield Sheet(column=10)
        yield KeyLine()

    def on_mount(self) -> None:
        for at, (name, width) in enumerate(_COLUMNS):
            self.table.add_column(name, width=width, key=str(at))
        self.table.focus()
        self._title(_("asking the hosts …"))
        self._background.repeat("fleet", self._poll, EVERY_S, on=lambda: True)

    @property
    def table(self) -> Table:
        return self.query_one("#fleet-hosts", Table)

    @property
    def selected(self) -> HostRow | None:
        at = self.table.cursor_row
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def _poll(self) -> Message:
        return FleetPolled(tuple(self._read_hosts()))

    @on(FleetPolled)
    def _show(self, polled: FleetPolled) -> None:
        self._rows = polled.rows
        self.table.fill({one.name: _cells(one) for one in polled.rows})
        ready = sum(one.state == ServerStatus.READY for one in polled.rows)
        self._title(
            _("{ready} of {rows} ready").format(
                ready=ready,
                rows=ngettext("{count} server", "{count} servers", len(polled.rows)).format(count=len(polled.rows)),
            )
        )
        self._show_selected()

    @on(Trouble)
    def _trouble(self, message: Trouble) -> None:
        self.notify(
            " ".join(map(translated, (message.error.what, message.error.why, message.error.fix))),
            severity="error",
            markup=False,
        )

    @on(Table.RowHighlighted)
    def _show_selected(self, _event: object = None) -> None:
        if (one := self.selected) is not None:
            self.query_one("#fleet-host").border_title = one.name
            self.query_one("#fleet-host Sheet", Sheet).put(_about(one))

    @on(Table.RowSelected)
    def action_open(self, _event: object = None) -> None:
        one = self.selected
        if one is None or not one.can_open:
            return
        began = time.monotonic()
        with self.suspend():
            code = self._opened(one.name)
        if code and time.monotonic() - began < EVERY_S:
            self.notify(
                _("Its screen could not be opened, or ended with {code}.").format(code=code),
                severity="error",
                title=one.name,
            )
        self.action_read()

    def action_read(self) -> None:
        self._background.start("fleet-once", self._poll)

    def action_leave(self) -> None:
        self._background.leave()
        self.exit()

    def _title(self, words: str) -> None:
        left = (
            Content.styled("deploy-tui", "bold $text-primary")
            + Content(f"  {_('fleet')}  ")
            + plain_content(_end_of(self._file))
        )
        self.query_one("#fleet-title", Static).update(left + Content.styled(f"   {words}", "$foreground-muted"))


def _end_of(path: str) -> str:
    """A long path by its end, which names it."""
    return path if len(path) <= _LONGEST else f"…{path[-_LONGEST:]}"


def _cells(one: HostRow) -> tuple[Content, ...]:
    state = mark(one.state, SERVER)
    words = (one.name, state.word, one.run, one.model, one.message)
    return (state.shown, *(plain_content(word) for word in words))


def _about(one: HostRow) -> list[Row]:
    state = mark(one.state, SERVER).word
    rows = ((_("address"), one.address), (_("server"), state), (_("model"), one.model), (_("last run"), one.run),
            (_("home"), one.home), (_("says"), one.message))  # fmt: skip
    return [row(label, value) for label, value in rows if value]


def run_fleet(file: str, read: Read, opened: Open) -> int:
    """Show the fleet until it is left."""
    FleetApp(file, read, opened).run()
    return 0
