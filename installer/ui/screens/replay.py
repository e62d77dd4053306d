"""A run that is played again: what the screen showed, with keys to go through it. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from installer.core.outcomes import RunState
from installer.core.text.languages import _
from installer.ui.intents import Another, Jump, JumpToFailure, Pace, Play, ShowEnd, Wind
from installer.ui.screens.base import HELP
from installer.ui.screens.end import EndScreen
from installer.ui.screens.progress import ProgressScreen
from installer.ui.widgets.play_bar import PlayBar
from installer.ui.widgets.sheet import Row, row

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from installer.core.machine.meters import Reading
    from installer.ui.board import Board
    from installer.ui.replay.playhead import Playhead
    from installer.ui.replay.tape import Tape
    from installer.ui.run_model import RunModel

_NOT_HERE = ("cancel", "follow", "ring")
_BACK = _("back to the stages")


class ReplayScreen(ProgressScreen):
    """Shows one recording."""

    LIVE = False
    MORE = ("play", "jump(1)", "wind(5)", "pace(1)", "copy")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash", "search", _("search"), key_display="/", priority=True, show=False, tooltip=_("search the log")
        ),
        Binding("space", "play", _("play"), priority=True, show=False, tooltip=_("play, pause")),
        Binding("left", "wind(-5)", _("back"), key_display="←", show=False, tooltip=_("five seconds back")),
        Binding("right", "wind(5)", _("forward"), key_display="→", show=False, tooltip=_("five seconds forward")),
        Binding("shift+left,less_than_sign", "wind(-60)", _("a minute back"), show=False),
        Binding("shift+right,greater_than_sign", "wind(60)", _("a minute forward"), show=False),
        Binding("plus,equals_sign", "pace(1)", _("faster"), key_display="+", show=False),
        Binding("minus", "pace(-1)", _("slower"), key_display="-", show=False),
        Binding("right_square_bracket", "jump(1)", _("next stage"), key_display="]", show=False),
        Binding("left_square_bracket", "jump(-1)", _("stage before"), key_display="[", show=False),
        Binding("x", "failure", _("failure"), tooltip=_("jump to where it failed")),
        Binding("home,0", "wind(-1e9)", _("from the beginning"), key_display="0", show=False),
        Binding("end", "wind(1e9)", _("to the end"), show=False, priority=True),
        Binding("o", "ending", _("end"), tooltip=_("how it ended")),
        Binding("greater_than_sign,N", "another", _("next"), key_display="N", tooltip=_("next recording")),
        Binding("l", "log", _("full log"), show=False),
        Binding("c", "cancel", show=False),
        *HELP,
        Binding("q,escape", "app.back", _("leave"), key_display="q"),
    ]
    ABOUT = _("This is a recording: no key changes anything. The journal of the run is played.")

    def __init__(
        self, board: Board, model: RunModel, tape: Tape, playhead: Playhead, words: str, *, more: bool
    ) -> None:
        super().__init__(board, model)
        self.tape, self.playhead = tape, playhead
        self._words, self._more = words, more

    def below(self) -> ComposeResult:
        yield PlayBar()

    def anew(self, model: RunModel) -> None:
        """The same recording from another place on: its log begins again."""
        self.model = model
        if self.composed:
            self._show_log(self.stages.chosen)
            self.show_state()

    def show_below(self) -> None:
        bar, head = self.query_one(PlayBar), self.playhead
        bar.marks, bar.words = self.tape.marks, self._words
        bar.at, bar.seconds, bar.speed, bar.playing = head.at, head.seconds, head.speed, head.playing

    def measured(self, reading: Reading) -> None:
        """The machine of now has nothing to do with it."""

    def action_play(self) -> None:
        self.post_message(Play())

    def action_wind(self, seconds: float) -> None:
        self.post_message(Wind(seconds))

    def action_pace(self, step: int) -> None:
        self.post_message(Pace(step))

    def action_jump(self, step: int) -> None:
        self.post_message(Jump(step))

    def action_failure(self) -> None:
        self.post_message(JumpToFailure())

    def action_ending(self) -> None:
        self.post_message(ShowEnd())

    def action_another(self) -> None:
        self.post_message(Another())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _NOT_HERE:
            return False
        if action == "failure":
            return self.tape.failure() is not None
        if action == "another":
            return self._more
        if action == "ending":
            return self.model.over
        return super().check_action(action, parameters)


_CHANGING = ("apply", "retry", "change", "plan", "roll_back", "stages", "stop_server", "restart", "ticket", "leave")


class ReplayEndScreen(EndScreen):
    """How it ended, on top of the recording: what was offered then is not to be had now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("N", "another", _("next recording")),
        Binding("s,escape,q", "app.back", _BACK, key_display="esc"),
        *HELP,
    ]
    ABOUT = _("How the run ended, explained with what is known today. No key changes anything here.")

    def __init__(self, board: Board, model: RunModel, *, more: bool) -> None:
        super().__init__(board, model)
        self._more = more

    def head(self) -> Row:
        if self.model.view.state != RunState.DONE or self.model.view.ready is None:
            return super().head()
        return row(_("✓ done"), _("The model server answered."), "bold")

    def after(self) -> list[Row]:
        return []

    def action_another(self) -> None:
        self.post_message(Another())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _CHANGING:
            return False
        if action == "another":
            return self._more
        return super().check_action(action, parameters)
