"""What the screen knows about the run it follows: the folded view, the log so far, the speed. Takes only events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from installer.core.errors import DeployError
from installer.core.runs.fold import RunView, StageView
from installer.ui.rate import Rate
from installer.ui.transcript import Transcript

if TYPE_CHECKING:
    from installer.core.runs.home import RunFolder
    from installer.ui.messages import RunAdvanced

Clock = Callable[[], float]
"""Seconds since the epoch."""


class RunModel:
    """One run, as far as its journal has been read."""

    def __init__(self, run: RunFolder, clock: Clock) -> None:
        self.run = run
        self.view = RunView()
        self.transcript = Transcript()
        self.ended = False
        """No more of the journal will come."""
        self.stopping = False
        """Somebody asked here for a cancel."""
        self._clock = clock
        self._rate = Rate()

    def take(self, message: RunAdvanced) -> None:
        self.view = message.view
        self.ended = message.ended
        self.transcript.add(message.lines)
        self._rate.add(message.samples)

    @property
    def now(self) -> float:
        """The time that durations are counted to: the newest event's once nothing more can come."""
        return self.view.at if self.over else max(self.view.at, self._clock())

    @property
    def over(self) -> bool:
        return self.ended or self.view.finished is not None

    @property
    def speed(self) -> float:
        """Bytes per second, lately."""
        return 0.0 if self.over else self._rate.per_second(self.now)

    def stage(self, number: int | None) -> StageView | None:
        return next((stage for stage in self.view.stages if stage.number == number), None)

    def last_lines(self, stage: int | None, count: int) -> Sequence[str]:
        """The newest log lines of a stage."""
        return self.transcript.of(stage)[-count:] if stage is not None else ()

    @property
    def failure(self) -> DeployError | None:
        """Why the run ended badly, in three sentences; `None` where it did not."""
        finished = self.view.finished
        if finished is not None:
            return None if finished.state == "done" else DeployError(finished.what, finished.why, finished.fix)
        return killed() if self.ended else None


def killed() -> DeployError:
    """What to say of a run whose journal has no end although nothing writes to it any more."""
    return DeployError(
        "The run stopped without an end.",
        "Its engine is gone: it was killed, or the machine was restarted.",
        "Deploy again: the environment in use was never half-written, and the run continues from what is in place.",
    )
