"""Plays recordings: keeps the position of each, and reads its journal up to there. Changes nothing anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from installer.core.runs.home import RunFolder
from installer.ui import intents, messages
from installer.ui.controllers.deploying import POLL_S
from installer.ui.follow import Follower
from installer.ui.replay.playhead import Playhead
from installer.ui.run_model import RunModel
from installer.ui.screens.replay import ReplayEndScreen, ReplayScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from installer.ui.background import Background
    from installer.ui.board import Board
    from installer.ui.controllers.deploying import Deploying
    from installer.ui.controllers.shell import Shell
    from installer.ui.replay.tape import Tape

Handlers = dict[type[Any], "Callable[[Any], object]"]
_NEAR_S = 2.0
"""So soon after a stage began, the one before it is meant."""


class _OfTape:
    """The pulse of a recording: nothing more comes once its end is reached."""

    def __init__(self, head: Playhead) -> None:
        self._head = head

    @property
    def gone(self) -> bool:
        return self._head.over


class Replaying:
    def __init__(
        self, tapes: Sequence[tuple[Tape, str]], board: Board, background: Background, shell: Shell, *,
        deploying: Deploying, speed: float, leave: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self._tapes, self._number = tapes, 0
        self._board, self._background, self._shell, self._deploying = board, background, shell, deploying
        self._speed, self._leave = speed, leave or shell.leave
        self._run: RunFolder | None = None
        self._shows_end = True
        self.head = Playhead(0.0)

    @property
    def tape(self) -> Tape:
        return self._tapes[self._number][0]

    def begin(self, number: int = 0, at: float = 0.0) -> None:
        """Play one of them from `at` on."""
        self._number = number
        self.head = Playhead(self.tape.seconds, self._speed)
        self.head.move(at)
        self._shows_end = True
        model = self._follow()
        screen = ReplayScreen(
            self._board, model, self.tape, self.head, self._tapes[number][1], more=len(self._tapes) > 1
        )
        self._shell.replace(screen)

    def ways(self) -> Handlers:
        """What is wanted and told while something is played."""
        return {
            intents.Play: self.play,
            intents.Wind: self.wind,
            intents.Jump: self.jump,
            intents.JumpToFailure: self.to_failure,
            intents.Pace: self.pace,
            intents.ShowEnd: self.show_end,
            intents.Another: self.another,
            intents.Back: self.back,
            messages.RunAdvanced: self.advanced,
        }

    # What is wanted

    def play(self, _: intents.Play) -> None:
        if self.head.over:
            self._go(0.0)
        self.head.play(not self.head.playing or self.head.at == 0.0)
        self._board.tell(lambda screen: screen.advanced())

    def wind(self, wanted: intents.Wind) -> None:
        self._go(self.head.at + wanted.seconds)

    def pace(self, wanted: intents.Pace) -> None:
        self.head.pace(wanted.step)
        self._speed = self.head.speed
        self._board.tell(lambda screen: screen.advanced())

    def jump(self, wanted: intents.Jump) -> None:
        at, marks = self.head.at, [mark.at for mark in self.tape.marks]
        if wanted.step > 0:
            self._go(next((place for place in marks if place > at + 0.001), self.tape.seconds))
        else:
            self._go(next((place for place in reversed(marks) if place < at - _NEAR_S), 0.0))

    def to_failure(self, _: intents.JumpToFailure) -> None:
        if failed := self.tape.failure():
            self._go(failed.at)

    def show_end(self, _: intents.ShowEnd | None = None) -> None:
        model = self._board.run
        if model is not None and model.over and not isinstance(self._shell.on_top, ReplayEndScreen):
            self._shell.open(ReplayEndScreen(self._board, model, more=len(self._tapes) > 1))

    def another(self, _: intents.Another) -> None:
        self.begin((self._number + 1) % len(self._tapes))

    def back(self, _: intents.Back) -> None:
        if self._shell.alone:
            self._leave()
        else:
            self._shell.close()

    # What is told

    def advanced(self, message: messages.RunAdvanced) -> None:
        """More of the journal was read; what comes of an earlier reading is dropped."""
        if message.run is not self._run:
            return
        self._deploying.advanced(message)
        if message.ended and self.head.playing and self._shows_end and isinstance(self._shell.on_top, ReplayScreen):
            self._shows_end = False
            self.show_end()

    def _go(self, at: float) -> None:
        back = at < self.head.at
        self._shows_end = self._shows_end or back
        self.head.move(at)
        top = self._shell.on_top
        if back and isinstance(top, ReplayScreen):
            top.anew(self._follow())
        self._board.tell(lambda screen: screen.advanced())

    def _follow(self) -> RunModel:
        """Read the journal from its beginning on, as far as it is played."""
        tape, head, board = self.tape, self.head, self._board
        self._run = run = RunFolder(tape.run.root)
        model = board.run = RunModel(run, lambda: tape.began + head.at, lambda: tape.bytes_at(head.at))
        follower = Follower(run, model.rows, lambda: _OfTape(head))
        self._background.repeat("replay", follower.step, POLL_S, on=lambda: not follower.ended and board.run is model)
        return model
