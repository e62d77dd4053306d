"""A running run: stages on the left, the log on the right, the machine below. Shows what was folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content

from installer.core.outcomes import RunState, StageStatus
from installer.core.text.languages import _, translated
from installer.core.text.quantities import clock, roughly
from installer.ui.intents import Cancel, OpenEnd, OpenLog, RingAtEnd
from installer.ui.log.line import ALL
from installer.ui.marks import mark
from installer.ui.progress_estimate import seconds_left, seconds_left_by
from installer.ui.screens.base import HELP
from installer.ui.screens.log_keys import LogKeys
from installer.ui.stage_detail import COLUMN, detail_rows
from installer.ui.widgets.bar import bar
from installer.ui.widgets.key_line import KeyLine
from installer.ui.widgets.log_pane import LogPane
from installer.ui.widgets.meters import Meters
from installer.ui.widgets.sheet import Sheet
from installer.ui.widgets.stage_list import StageList
from installer.ui.widgets.title import TitleBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from installer.core.machine.meters import Reading
    from installer.ui.board import Board
    from installer.ui.run_model import RunModel

TICK_S = 0.5
BAR = 8


class ProgressScreen(LogKeys):
    """Shows one run while it runs."""

    LIVE: ClassVar[bool] = True
    """Whether the end of the run is the end of this screen."""

    METERED = True
    MORE: ClassVar[tuple[str, ...]] = ("ring", "copy")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "log", _("full log")),
        Binding("f,end", "follow", _("follow"), key_display="f", tooltip=_("follow the newest line")),
        Binding(
            "y", "copy", _("copy"), show=False, tooltip=_("copy the marked line, what is in view, or what is selected")
        ),
        Binding("b", "ring", _("bell"), show=False, tooltip=_("ring the terminal's bell when the run ends, or not")),
        Binding("c", "cancel", _("cancel")),
        *HELP,
        Binding("q,escape", "app.back", _("leave"), key_display="q"),
    ]
    ABOUT = _(
        "Leaving the screen does not stop the run: `deploy-tui` shows it again, `deploy-tui cancel` stops it. "
        "Cancelling rolls back the running stage and keeps finished ones."
    )

    def __init__(self, board: Board, model: RunModel) -> None:
        super().__init__(board)
        self.model = model
        self._offered = (False, False)

    def compose(self) -> ComposeResult:
        yield TitleBar()
        with Horizontal(id="main"):
            with Vertical(id="left", classes="panel"):
                with VerticalScroll(id="frame", can_focus=False):
                    yield StageList()
                yield Sheet(id="detail", column=COLUMN)
            yield LogPane(id="log")
        yield from self.below()
        yield KeyLine()

    def below(self) -> ComposeResult:
        """What is below stages and log."""
        yield Meters()

    def begin(self) -> None:
        self.query_one("#left").border_title = _("stages")
        self._show_log(ALL)
        self.stages.focus()
        if self.board.reading is not None:
            self.measured(self.board.reading)
        if self.LIVE:
            self.set_interval(TICK_S, self.show_state)
        self.show_state()

    def on_screen_resume(self) -> None:
        if self.LIVE:
            self.post_message(OpenEnd())

    @property
    def stages(self) -> StageList:
        return self.query_one(StageList)

    def advanced(self) -> None:
        self.log_pane.grown()
        self.show_state()

    def measured(self, reading: Reading) -> None:
        meters = self.query_one(Meters)
        meters.past, meters.reading = tuple(self.board.past), reading
        meters.changed()

    def show_state(self) -> None:
        """Bring everything but the log up to date."""
        model = self.model
        self.stages.view, self.stages.now, self.stages.usual = model.view, model.now, model.usual
        self.stages.changed()
        self.show_below()
        self.query_one("#detail", Sheet).put(detail_rows(model.view, self.stages.chosen, model.speeds))
        title = self.query_one(TitleBar)
        title.about = translated(model.view.title) or model.view.recipe
        title.status = status(model)
        if (model.over, model.stopping) != self._offered:
            self._offered = (model.over, model.stopping)
            self.refresh_bindings()

    def show_below(self) -> None:
        model, meters = self.model, self.query_one(Meters)
        meters.view, meters.now, meters.speed, meters.price = model.view, model.now, model.speed, self.board.price
        meters.changed()

    @on(StageList.Chosen)
    def _stage_chosen(self, message: StageList.Chosen) -> None:
        self._show_log(message.stage)
        self.show_state()

    def _show_log(self, chosen: int) -> None:
        stage = self.model.stage(chosen)
        words = (
            _("log, stage {number} {name}").format(number=stage.number, name=stage.name)
            if stage
            else _("log, all stages")
        )
        self.log_pane.show(self.model.rows, words, stage=chosen)

    def action_log(self) -> None:
        view = self.log_pane.view
        row = self.log_pane.rows.origin(view.marked) if view.marked is not None and self.log_pane.rows else None
        self.post_message(OpenLog(self.stages.chosen, row))

    def action_copy(self) -> None:
        self.log_pane.action_copy()

    def action_ring(self) -> None:
        self.post_message(RingAtEnd())

    def action_cancel(self) -> None:
        self.post_message(Cancel())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "cancel":
            return not self.model.over and not self.model.stopping
        if action == "ring":
            return not self.model.over
        return super().check_action(action, parameters)


def status(model: RunModel) -> Content:
    """The state of the run, in a word or two."""
    view = model.view
    if not model.over and model.stopping:
        return Content.styled(_("◂ stopping"), "bold $text-warning")
    if view.state == RunState.NONE and not model.over:
        return Content.styled(_("▸ waiting for the installer"), "$text-primary")
    undone = next((stage.number for stage in view.stages if stage.state == StageStatus.ROLLING_BACK), None)
    if undone is not None and not model.over:
        words = Content.styled(_("◂ rolling back stage {stage}").format(stage=undone), "bold $text-warning")
        return words + Content(f"  {clock(model.now - view.started_at)}")
    look = mark(view.state if view.finished or not model.ended else RunState.FAILED)
    words = Content.styled(f"{look.symbol} {look.word}", look.style)
    part = model.share
    if model.over or part is None:
        return words
    return words + Content(f"  {clock(model.now - view.started_at)}  ") + bar(part, BAR) + f" {part:.0%}{_left(model)}"


def _left(model: RunModel) -> str:
    """How much longer: the whole by what it took before, else what is being fetched; nothing if neither is known."""
    whole = seconds_left_by(model.usual, model.view, model.now)
    if whole is not None:
        return _("  about {time} left").format(time=roughly(whole)) if whole else _("  longer than before")
    fetching = seconds_left(model.view, model.speed)
    return _("  fetching {left} more").format(left=clock(fetching)) if fetching is not None else ""


class PastScreen(ProgressScreen):
    """The same for a run that is over, on top of the screen that says how it ended."""

    LIVE = False
    METERED = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,escape,s", "app.back", _("back"), key_display="esc")]
