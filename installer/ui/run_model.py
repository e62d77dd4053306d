"""What the screen knows about the run it follows: the folded view, its log, the speed, why it failed. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from installer.core.errors import DeployError
from installer.core.outcomes import RunState
from installer.core.runs.fold import RunView, StageView
from installer.core.text.languages import _
from installer.ui.log.filtered_rows import Narrowed
from installer.ui.log.journal_rows import JournalRows
from installer.ui.log.line import ERROR
from installer.ui.progress_estimate import completed_share, share_of_time
from installer.ui.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installer.core.runs.cause import Cause
    from installer.core.runs.home import RunFolder
    from installer.disk.log_file import Until
    from installer.ui.messages import CauseFound, RunAdvanced

Clock = Callable[[], float]
"""Seconds since the epoch."""
MOST_LINES = 5000
"""Of a failed stage that are looked at for the cause: the last before it was rolled back."""


class RunModel:
    """One run, as far as its journal has been read."""

    def __init__(self, run: RunFolder, clock: Clock, until: Until | None = None) -> None:
        self.run = run
        self.view = RunView()
        self.rows = JournalRows(run.journal, until)
        self.ended = False
        """No more of the journal will come."""
        self.stopping = False
        """Someone asked here for a cancel."""
        self.cause: Cause | None = None
        self.cause_row: int | None = None
        """Where the cause is in the log; `None` until it was searched for, and if the log names none."""
        self.explained = False
        """Whether the cause was looked for."""
        self.generations: Sequence[int] = ()
        """Those that a rollback can go to."""
        self.usual: Mapping[int, float] = {}
        """Seconds that the stages of this recipe took here before, by number; empty if that is not known."""
        self._clock = clock
        self._share: float | None = None
        self._rate = Rate()
        self._files: dict[tuple[int, str], Rate] = {}
        """Of what is being fetched, by stage and name."""

    def take(self, message: RunAdvanced) -> None:
        self.view = message.view
        self.ended = message.ended
        self._rate.add((sample.at, sample.total) for sample in message.samples)
        for sample in message.samples:
            self._files.setdefault((sample.stage, sample.subject), Rate()).add([(sample.at, sample.done)])

    @property
    def now(self) -> float:
        """The time that durations are counted to: the newest event's once nothing more can come."""
        return self.view.at if self.over else max(self.view.at, self._clock())

    @property
    def over(self) -> bool:
        return self.ended or self.view.finished is not None

    @property
    def share(self) -> float | None:
        """0 to 1; never goes back. `None` before the plan is known."""
        by_time = None if self.over else share_of_time(self.usual, self.view, self.now)
        part = completed_share(self.view) if by_time is None else by_time
        if part is not None:
            self._share = max(self._share or 0.0, part)
        return self._share

    @property
    def speed(self) -> float:
        """Bytes per second, lately."""
        return 0.0 if self.over else self._rate.per_second(self.now)

    @property
    def speeds(self) -> Mapping[tuple[int, str], float]:
        """Bytes per second of each file lately, by stage and name; only of those that something came of."""
        now = self.now
        found = {} if self.over else {file: rate.per_second(now) for file, rate in self._files.items()}
        return {file: speed for file, speed in found.items() if speed}

    def stage(self, number: int | None) -> StageView | None:
        return next((stage for stage in self.view.stages if stage.number == number), None)

    @property
    def failed_stage(self) -> int | None:
        return self.view.stage if self.view.state not in (RunState.DONE, RunState.CANCELLED) else None

    @property
    def undone_from(self) -> int | None:
        """The row of the log from which on the failed stage was rolled back; `None` if it was not."""
        return self.rows.undoing.get(self.failed_stage or 0)

    def failed_lines(self) -> tuple[Sequence[str], Sequence[int]]:
        """What the failed stage printed before it was rolled back, and which rows of the log these are.

        What came after is about another matter: the server of before that was started again, say.
        """
        if self.failed_stage is None:
            return (), ()
        rows = Narrowed(self.rows, self.failed_stage, end=self.undone_from)
        numbers = range(max(0, len(rows) - MOST_LINES), len(rows))
        return rows.texts(numbers.start, len(numbers)), [rows.origin(number) for number in numbers]

    def row_of(self, cause: Cause | None, numbers: Sequence[int]) -> int | None:
        """Where the log is opened: at the cause; where it is not known, at the first line that names an error.

        `None` if no line does: then at its end.
        """
        if cause is not None and cause.line < len(numbers):
            return numbers[cause.line]
        named = (number for number in numbers if self.rows.read(number).level >= ERROR)
        return next(named, None)

    def take_cause(self, message: CauseFound) -> None:
        self.explained = True
        self.cause, self.cause_row, self.generations = message.cause, message.row, message.generations

    @property
    def failure(self) -> DeployError | None:
        """Why the run ended badly, in three sentences; `None` if it did not."""
        finished = self.view.finished
        if finished is not None:
            return None if finished.state == RunState.DONE else DeployError(finished.what, finished.why, finished.fix)
        return killed() if self.ended else None


def killed() -> DeployError:
    """What to say of a run whose journal has no end although nothing writes to it any more."""
    return DeployError(
        _("The run ended unexpectedly."),
        _("The installer process exited unexpectedly: it was killed, or the machine was restarted."),
        _("Deploy again: the environment in use is intact, and the run continues from what is in place."),
    )
