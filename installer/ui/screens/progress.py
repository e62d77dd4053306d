"""A run while it goes on: stages on the left, the log on the right, the machine below. Shows what was folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Footer

from installer.ui.detail import COLUMN, detail_rows
from installer.ui.marks import mark
from installer.ui.screens.base import HELP, DeployScreen
from installer.ui.transcript import ALL, Line, shown
from installer.ui.widgets.meters import Meters
from installer.ui.widgets.output import OutputLog
from installer.ui.widgets.sheet import Sheet
from installer.ui.widgets.stage_list import StageList
from installer.ui.widgets.title import TitleBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from installer.core.machine.meters import Reading
    from installer.ui.run_model import RunModel

TICK_S = 0.5


class ProgressScreen(DeployScreen):
    """Shows one run while it goes on."""

    LIVE: ClassVar[bool] = True
    """Whether the end of the run is the end of this screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "log", "full log"),
        Binding("f,end", "follow", "follow", key_display="f"),
        Binding("c", "cancel", "cancel"),
        HELP,
        Binding("q,escape", "app.leave", "leave", key_display="q"),
        Binding("pageup", "scroll_log(-1)", "scroll the log up", show=False),
        Binding("pagedown", "scroll_log(1)", "scroll the log down", show=False),
    ]
    ABOUT = (
        "Leaving the screen does not stop the run: `deploy-tui` shows it again, `deploy-tui cancel` stops it. "
        "Cancelling takes back the stage that runs and keeps those that are done."
    )

    def __init__(self, model: RunModel) -> None:
        super().__init__()
        self.model = model
        self._offered = (False, False)

    def compose(self) -> ComposeResult:
        yield TitleBar()
        with Horizontal(id="main"):
            with Vertical(id="left", classes="panel"):
                with VerticalScroll(id="frame", can_focus=False):
                    yield StageList()
                yield Sheet(id="detail", column=COLUMN)
            yield OutputLog(numbered=True, id="log")
        yield Meters()
        yield Footer()

    def begin(self) -> None:
        self.query_one("#left").border_title = "stages"
        self.log_pane.add_class("panel")
        self.log_pane.fill(self.model.transcript.of(ALL), numbered=True)
        self.stages.focus()
        self.query_one(Meters).reading = self.deploy.reading
        self.set_interval(TICK_S, self.show_state)
        self.show_state()
        self._name_log()

    def on_screen_resume(self) -> None:
        if self.LIVE:
            self.deploy.show_end_if_over()

    @property
    def stages(self) -> StageList:
        return self.query_one(StageList)

    @property
    def log_pane(self) -> OutputLog:
        return self.query_one(OutputLog)

    def advanced(self, lines: tuple[Line, ...]) -> None:
        self.log_pane.append(shown(lines, self.stages.chosen))
        self.show_state()

    def measured(self, reading: Reading) -> None:
        self.query_one(Meters).reading = reading

    def show_state(self) -> None:
        """Bring everything but the log up to date."""
        model, meters = self.model, self.query_one(Meters)
        self.stages.view, self.stages.now = model.view, model.now
        meters.view, meters.now, meters.speed = model.view, model.now, model.speed
        self.query_one("#detail", Sheet).put(detail_rows(model.view, self.stages.chosen))
        title = self.query_one(TitleBar)
        title.about = model.view.title or model.view.recipe
        title.standing = standing(model)
        if (model.over, model.stopping) != self._offered:
            self._offered = (model.over, model.stopping)
            self.refresh_bindings()

    @on(StageList.Chosen)
    def _stage_chosen(self, message: StageList.Chosen) -> None:
        self.log_pane.fill(self.model.transcript.of(message.stage), numbered=message.stage == ALL)
        self._name_log()
        self.show_state()

    @on(OutputLog.Followed)
    def _name_log(self) -> None:
        pane, stage = self.log_pane, self.model.stage(self.stages.chosen)
        pane.border_title = f"log, stage {stage.number} {stage.name}" if stage else "log, all stages"
        pane.border_subtitle = "" if pane.following else "scrolled back, f follows"

    def action_log(self) -> None:
        self.deploy.open_log(self.stages.chosen)

    def action_follow(self) -> None:
        self.log_pane.follow()

    def action_scroll_log(self, pages: int) -> None:
        pane = self.log_pane
        pane.scroll_relative(y=pages * max(1, pane.size.height - 1), animate=False, immediate=True)

    def action_cancel(self) -> None:
        self.deploy.ask_cancel()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "cancel":
            return not self.model.over and not self.model.stopping
        return super().check_action(action, parameters)


def standing(model: RunModel) -> Content:
    """How the run stands, in a word or two."""
    view = model.view
    if not model.over and model.stopping:
        return Content.styled("◂ stopping", "bold $text-warning")
    if view.state == "none" and not model.over:
        return Content.styled("▸ waiting for the engine", "$text-primary")
    look = mark(view.state if view.finished or not model.ended else "failed")
    return Content.styled(f"{look.symbol} {look.word}", look.style)


class PastScreen(ProgressScreen):
    """The same for a run that is over, on top of the screen that says how it ended."""

    LIVE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,escape,s", "app.back", "back", key_display="esc")]
