"""The model server: its state, a chat with it, what it counts, its log, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import ContentSwitcher, Input, Static, TabbedContent, TabPane

from installer.core.outcomes import ServerStatus
from installer.core.text.languages import _
from installer.ui import intents
from installer.ui.load_rows import load_rows
from installer.ui.plain import plain
from installer.ui.review_rows import server_line
from installer.ui.screens.base import HELP
from installer.ui.screens.log_keys import LOG_ACTIONS, LogKeys
from installer.ui.server_rows import state_rows
from installer.ui.serving_model import NO_SERVER, QUESTIONS, Charts, Conversation, tried_rows
from installer.ui.widgets.bench_pane import BenchPane
from installer.ui.widgets.chat_line import ChatLine
from installer.ui.widgets.key_line import KeyLine
from installer.ui.widgets.log_pane import LogPane
from installer.ui.widgets.sheet import Sheet, row
from installer.ui.widgets.title import TitleBar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from installer.core.contracts.figures import Piece, ServingFigures
    from installer.core.contracts.server_history import ServerHistory
    from installer.core.contracts.serving import ServerState
    from installer.core.machine.meters import Reading
    from installer.ui import messages
    from installer.ui.board import Board

OFFERED = ("chat", "stop_server", "restart", "attempt", "benchmark")
"""Actions that depend on the state of the server."""


class ServeScreen(LogKeys):
    """State is read every second, never remembered."""

    METERED = True
    MORE = ("attempt('tool')", "benchmark", "key", "copy('Python')")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c,enter", "chat", _("chat"), key_display="c", tooltip=_("type a message to the model")),
        Binding("y", "copy('curl')", _("copy"), tooltip=_("copy curl")),
        Binding("Y", "copy('Python')", _("copy Python"), show=False),
        Binding("j", "attempt('structured')", "JSON", tooltip=_("request an answer that follows a schema")),
        Binding("T", "attempt('tool')", _("tool"), show=False, tooltip=_("request a tool call")),
        Binding("ctrl+s", "stop_answer", _("stop the answer"), show=False),
        Binding("ctrl+l", "clear", _("clear the chat"), show=False),
        Binding("x", "stop_server", _("stop")),
        Binding(
            "R", "restart", _("restart"), tooltip=_("stop the server and start it again; starts one that is stopped")
        ),
        Binding(
            "B", "benchmark", _("bench"), show=False, tooltip=_("measure the server: first token, tokens per second")
        ),
        Binding("K", "key", _("key"), show=False, tooltip=_("show the server's key, or hide it again")),
        Binding("I", "incidents", _("incidents"), tooltip=_("incidents of the server and their evidence")),
        *HELP,
        Binding("escape", "leave_input", _("back"), show=False),
        Binding("q", "app.leave", _("quit")),
    ]
    ABOUT = _(
        "`deploy-tui server status`, `chat`, `metrics`, `logs`, `stop` and `restart` do the same without the screen; "
        "`deploy-tui bench` measures it."
    )

    PARTS: ClassVar[Mapping[str, str]] = {
        "say": _("What you type here is sent to the model with enter. esc leaves the line, so that keys work again."),
        "server": _("The server's state, its history and what was proved of it. Arrows scroll."),
        "panes": _("Left and right go to another pane, tab goes into it."),
    }

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._charts, self._conversation = Charts(), Conversation()
        self._examples: Mapping[str, str] = {}
        self._answers: dict[str, str] = {}
        self._offered: tuple[bool | None, ...] = ()
        self._key = ""
        """Empty: hidden."""

    def compose(self) -> ComposeResult:
        yield TitleBar()
        with Horizontal(id="serve"):
            with TabbedContent(id="panes"):
                with TabPane(_("chat"), id="chat"):
                    with VerticalScroll(id="conversation", can_focus=False):
                        yield Sheet(self._conversation.rows(ready=False), column=7)
                    yield ChatLine(id="say", compact=True, disabled=True)
                with TabPane(_("structured"), id="structured"), VerticalScroll():
                    yield Sheet(tried_rows({}), id="tried", column=12)
                with TabPane(_("benchmark"), id="benchmark"):
                    yield BenchPane()
                with TabPane(_("examples"), id="examples"), VerticalScroll():
                    yield Static(NO_SERVER, id="example-text", markup=False)
                with TabPane(_("log"), id="log-tab"):
                    yield LogPane()
            with Vertical(id="figures", classes="panel"):
                yield Sheet(id="charts", column=12)
                with VerticalScroll(id="server"):
                    yield Sheet(id="state", column=12)
        yield KeyLine()

    def begin(self) -> None:
        self.query_one("#figures").border_title = _("last minute")
        self._show_figures()
        self.query_one("Tabs").focus()
        self._open_line()

    def on_screen_resume(self) -> None:
        self.post_message(intents.WatchServer())

    def server_polled(self, polled: messages.ServerPolled) -> None:
        self._open_line()
        self._show_figures()
        offered = tuple(self.check_action(action, ()) for action in OFFERED)
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _open_line(self) -> None:
        """Words can be typed only where someone answers them."""
        state = self._state
        line, ready = self.query_one(ChatLine), state is not None and state.state == ServerStatus.READY
        if line.disabled is ready:
            line.open(ready)
            self._show_chat()

    def server_past_read(self, past: ServerHistory) -> None:
        self._show_figures()

    def server_log_grown(self) -> None:
        self.log_pane.grown()

    def counted(self, figures: ServingFigures | None) -> None:
        self._charts.take(figures)
        self._show_charts()

    def measured(self, reading: Reading) -> None:
        self._show_charts()
        if self._bench.measuring:
            self._bench.tick(self.board.clock())

    def examples_read(self, examples: Mapping[str, str]) -> None:
        self._examples = examples
        text = "\n\n".join(f"{name}\n{words}" for name, words in examples.items())
        self.query_one("#example-text", Static).update(text)
        self.refresh_bindings()

    def answer_grown(self, piece: Piece) -> None:
        self._conversation.take(piece)
        self._show_chat()

    def tried(self, answer: messages.Tried) -> None:
        self._answers[answer.what] = answer.text
        self._show_tried()

    @on(Input.Submitted, "#say")
    def _say(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip() and not self._conversation.answering:
            self.post_message(intents.Say(self._conversation.ask(event.value.strip())))
            event.input.value = ""
            self._show_chat()

    @on(TabbedContent.TabActivated)
    def _tab(self, event: TabbedContent.TabActivated) -> None:
        rows = self.board.server_log
        if event.pane.id == "log-tab" and rows is not None and self.log_pane.rows is None:
            self.log_pane.show(rows, plain(str(rows.path)), numbered=False)
        self.refresh_bindings()

    def action_chat(self) -> None:
        """At once, so that the next key is its own; the tabs follow."""
        self.query_one(ContentSwitcher).current = "chat"
        self.set_focus(self.query_one(ChatLine))
        self.query_one(TabbedContent).active = "chat"

    def action_copy(self, what: str) -> None:
        if self._reads_log:
            self.log_pane.action_copy()
        elif what in self._examples:
            self.post_message(intents.Copy(self._examples[what], _("The {what} example").format(what=what)))

    def action_attempt(self, what: str) -> None:
        self._answers[what] = "…"
        self.query_one(TabbedContent).active = "structured"
        self._show_tried()
        self.post_message(intents.Try(what, QUESTIONS[what]))

    def action_stop_answer(self) -> None:
        self._conversation.answering = False
        self.post_message(intents.StopAnswer())
        self._show_chat()

    def action_clear(self) -> None:
        self.action_stop_answer()
        self._conversation = Conversation()
        self._show_chat()

    def action_stop_server(self) -> None:
        self.post_message(intents.StopServer())

    def action_restart(self) -> None:
        self.post_message(intents.RestartServer())

    def action_benchmark(self) -> None:
        self.query_one(TabbedContent).active = "benchmark"
        self._bench.begin(self.board.clock())
        self.refresh_bindings()
        self.post_message(intents.Benchmark())

    def benchmarked(self, news: messages.Benchmarked) -> None:
        self._bench.take(news, self.board.clock())
        self.refresh_bindings()

    def action_key(self) -> None:
        if self._key:
            self.key_read("")
        else:
            self.post_message(intents.ShowKey())

    def key_read(self, key: str | None) -> None:
        self._key = _("none is required") if key is None else key
        self._show_figures()

    def action_incidents(self) -> None:
        self.post_message(intents.OpenIncidents())

    def action_leave_input(self) -> None:
        """To the tabs, and from there back to the plan."""
        tabs = self.query_one("Tabs")
        if self.focused in (tabs, None):
            self.post_message(intents.Go("deploy"))
        else:
            tabs.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        state = self._state
        if action == "stop_server":
            return state is not None and state.running
        if action in LOG_ACTIONS:
            return self._reads_log and super().check_action(action, parameters)
        if action == "restart":
            return state is not None and state.launch is not None
        if action in ("chat", "attempt", "benchmark"):
            return state is not None and state.ready and not (action == "benchmark" and self._bench.measuring)
        offered = action != "copy" or self._reads_log or bool(self._examples)
        return offered and super().check_action(action, parameters)

    @property
    def _reads_log(self) -> bool:
        return self.composed and self.query_one(TabbedContent).active == "log-tab"

    @property
    def _bench(self) -> BenchPane:
        return self.query_one(BenchPane)

    @property
    def _state(self) -> ServerState | None:
        return self.board.server.state if self.board.server else None

    def _show_chat(self) -> None:
        rows = self._conversation.rows(ready=not self.query_one("#say").disabled)
        self.query_one("#conversation Sheet", Sheet).put(rows)
        self.query_one("#conversation").scroll_end(animate=False)

    def _show_tried(self) -> None:
        self.query_one("#tried", Sheet).put(tried_rows(self._answers))

    def _show_figures(self) -> None:
        self._show_charts()
        server, title = self.board.server, self.query_one(TitleBar)
        if server is None:
            title.status = Content.styled(_("looking …"), "$foreground-muted")
            return
        title.status = server_line(server.state).truncate(60, ellipsis=True)
        now = self.board.clock()
        self.query_one("#state", Sheet).put(state_rows(server, self.board.server_past, now, self._key))

    def _show_charts(self) -> None:
        state = self._state
        if state is not None and state.running:
            rows = [*self._charts.rows(ready=state.ready), *load_rows(tuple(self.board.past))]
        else:
            rows = [row("", _("No server runs.") if state else _("Looking for a server …"), "$foreground-muted")]
        self.query_one("#charts", Sheet).put(rows)
