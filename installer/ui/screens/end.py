"""A run that is over: the proof and how to repeat it, or what went wrong and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Static

from installer.ui.end_rows import failure_rows, headline, next_rows, success_rows, took
from installer.ui.plain import plain
from installer.ui.screens.base import HELP, DeployScreen
from installer.ui.transcript import ALL
from installer.ui.widgets.sheet import Sheet
from installer.ui.widgets.title import TitleBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from installer.ui.messages import LogRead
    from installer.ui.run_model import RunModel

LAST_LINES = 12


class EndScreen(DeployScreen):
    """Shows how one run ended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "copy", tooltip="copy the curl line, or what is selected"),
        Binding("r,enter", "retry", "retry", key_display="r"),
        Binding("l", "log", "log"),
        Binding("s", "stages", "stages"),
        Binding("x", "stop_server", "stop server"),
        Binding("p", "plan", "plan", tooltip="back to the plan, made anew"),
        HELP,
        Binding("q,escape", "app.leave", "quit", key_display="q"),
    ]
    ABOUT = "The run is over. Its journal stays in the home, and its plan and logs with it."

    def __init__(self, model: RunModel) -> None:
        super().__init__()
        self.model = model

    def compose(self) -> ComposeResult:
        view = self.model.view
        ready = view.ready if view.state == "done" else None
        body = success_rows(view) if view.state == "done" else failure_rows(self.model)
        yield TitleBar()
        with VerticalScroll(id="end"):
            yield Sheet([headline(self.model), *body], column=13, id="outcome")
            if ready:
                yield Static(plain(ready.curl), id="curl", classes="panel", markup=False)
            elif self._failed_stage is not None:
                yield Static("", id="tail", classes="panel", markup=False)
            yield Sheet(next_rows(self.model), column=25, id="next")
        yield Footer()

    def begin(self) -> None:
        title = self.query_one(TitleBar)
        title.about, title.standing = self.model.view.title or self.model.view.recipe, took(self.model)
        for panel in self.query("#curl"):
            panel.border_title = "ask again"
        if self._failed_stage is not None:
            self._show_tail(self.model.last_lines(self._failed_stage, LAST_LINES))
        self.query_one("#end").focus()

    def log_read(self, message: LogRead) -> None:
        if message.stage == self._failed_stage and self.query("#tail"):
            self._put_tail(list(map(plain, message.lines[-LAST_LINES:])))

    @property
    def _failed_stage(self) -> int | None:
        return self.model.view.stage if self.model.view.state not in ("done", "cancelled") else None

    def _show_tail(self, lines: Sequence[str]) -> None:
        if not lines and self._failed_stage is not None:
            self.deploy.read_log(self._failed_stage)
        self._put_tail(lines)

    def _put_tail(self, lines: Sequence[str]) -> None:
        tail = self.query_one("#tail", Static)
        tail.border_title = f"last lines of stage {self._failed_stage}"
        tail.update("\n".join(lines) or "This stage printed nothing.")

    def action_copy(self) -> None:
        ready = self.model.view.ready
        if ready is not None:
            self.deploy.copy(ready.curl, "The curl line")

    def action_retry(self) -> None:
        self.deploy.review()

    def action_plan(self) -> None:
        self.deploy.review()

    def action_log(self) -> None:
        self.deploy.open_log(self._failed_stage or ALL)

    def action_stages(self) -> None:
        self.deploy.open_stages()

    def action_stop_server(self) -> None:
        self.deploy.stop_server()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        ready = self.model.view.state == "done" and self.model.view.ready is not None
        if action in ("copy", "stop_server"):
            return ready
        if action in ("retry", "plan"):
            return (action == "plan") is (self.model.view.state == "done")
        return super().check_action(action, parameters)
