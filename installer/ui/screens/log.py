"""The log over the whole screen, of all stages or of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Footer

from installer.ui.plain import plain
from installer.ui.screens.base import HELP, DeployScreen
from installer.ui.transcript import ALL, Line, shown
from installer.ui.widgets.output import OutputLog
from installer.ui.widgets.title import TitleBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from installer.ui.messages import LogRead
    from installer.ui.run_model import RunModel


class LogScreen(DeployScreen):
    """Follows the run like the small pane does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "follow"),
        Binding("n", "other(1)", "next stage"),
        Binding("b", "other(-1)", "stage before", show=False),
        Binding("a", "all", "all stages"),
        HELP,
        Binding("escape,l,q", "close", "back", key_display="esc"),
    ]
    ABOUT = "Arrows, page up and page down scroll; long lines scroll sideways. Log files lie in the run's folder."

    def __init__(self, model: RunModel, stage: int) -> None:
        super().__init__()
        self.model = model
        self.stage = stage

    def compose(self) -> ComposeResult:
        yield TitleBar()
        yield OutputLog(id="whole")
        yield Footer()

    def begin(self) -> None:
        self.pane.focus()
        self._load()

    @property
    def pane(self) -> OutputLog:
        return self.query_one(OutputLog)

    def advanced(self, lines: tuple[Line, ...]) -> None:
        self.pane.append(shown(lines, self.stage))

    def log_read(self, message: LogRead) -> None:
        if message.stage == self.stage and not self.model.transcript.of(self.stage):
            self.pane.fill(list(map(plain, message.lines)), numbered=False)

    def _load(self) -> None:
        lines = self.model.transcript.of(self.stage)
        self.pane.fill(lines, numbered=self.stage == ALL)
        if not lines and self.stage != ALL:
            self.deploy.read_log(self.stage)
        self._entitle()

    @on(OutputLog.Followed)
    def _entitle(self) -> None:
        stage, title = self.model.stage(self.stage), self.query_one(TitleBar)
        title.about = f"log, stage {stage.number} {stage.name}" if stage else "log, all stages"
        title.standing = Content.styled("following" if self.pane.following else "scrolled back", "$foreground-muted")

    def action_close(self) -> None:
        self.app.pop_screen()

    def action_follow(self) -> None:
        self.pane.follow()

    def action_all(self) -> None:
        self.stage = ALL
        self._load()

    def action_other(self, step: int) -> None:
        numbers = [ALL, *(stage.number for stage in self.model.view.stages)]
        self.stage = numbers[(numbers.index(self.stage) + step) % len(numbers)] if self.stage in numbers else ALL
        self._load()
