"""`server tune`: a staged search among the settings of a server, one start for each, within minutes.

Trial 0 is the recipe, trial 1 the engine's own defaults; from the better of the two each dimension is decided in turn.
It must never start what the checks of a plan refuse, nor call better what one run could show by chance.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from installer.core.errors import DeployError
from installer.core.outcomes import Word
from installer.core.recipes.recipe import Recipe
from installer.diagnostics.bench_clients import Measured
from installer.session.tune_aims import Level, score
from installer.session.tune_space import RECIPE, Dimension, Point, defaults, steps

BETTER = 0.02
"""By so much a setting must be better than the best before it."""


class TrialStatus(Word):
    """What came of one setting."""

    MEASURED = "measured"
    REFUSED = "refused"
    """By the checks of a plan; it was not started."""
    FAILED = "failed"
    TOO_SLOW = "too slow"


@dataclass(frozen=True, slots=True)
class Trial:
    number: int
    point: Point
    status: TrialStatus
    why: str = ""
    loads: tuple[Measured, ...] = ()
    score: float = 0.0
    seconds: float = 0.0
    """That it took; 0 if it was known from an earlier run."""


@dataclass(frozen=True, slots=True)
class TrialActions:
    """What a search does its work with."""

    refuses: Callable[[Point], str]
    """Why the checks of a plan say that it cannot work; empty if they do not."""
    measure: Callable[[Point], Sequence[Measured]]
    """Starts a server with those settings and measures it. Raises `DeployError`."""
    known: Callable[[Point], Sequence[Measured] | None] = lambda point: None
    """What an earlier run measured of it."""


@dataclass
class Search:
    """One search; `trials` grows while it runs."""

    recipe: Recipe
    dimensions: list[Dimension]
    aim: str
    level: Level
    actions: TrialActions
    deadline: float
    """`time.monotonic()` by which the last trial should have ended."""
    trials: list[Trial] = field(default_factory=list)
    skipped: list[Point] = field(default_factory=list)
    """Those for which there was no time."""

    def run(self) -> Iterator[Trial]:
        """Every trial as it ends."""
        yield self._tried(Point(RECIPE))
        apart = defaults(self.recipe, self.dimensions)
        if apart.flags:
            yield self._tried(apart)
        for dimension in self.dimensions:
            at = self.best.point if self.best else Point(RECIPE)
            for point in steps(at, dimension, self.recipe):
                if self._is_tried(point):
                    continue
                if self._has_time(point):
                    yield self._tried(point)
                else:
                    self.skipped.append(point)

    @property
    def best(self) -> Trial | None:
        """The first of those that no later one beats by more than chance; `None` if none may be kept."""
        found: Trial | None = None
        for trial in self.trials:
            if trial.status == TrialStatus.MEASURED and (found is None or trial.score > found.score * (1 + BETTER)):
                found = trial
        return found

    def _tried(self, point: Point) -> Trial:
        began = time.monotonic()
        status, why, loads, known = self._measured(point)
        if loads and (broken := self.level.broken(loads)):
            status, why = TrialStatus.TOO_SLOW, broken
        worth = score(self.aim, loads) if loads else 0.0
        took = 0.0 if known else round(time.monotonic() - began, 1)
        trial = Trial(len(self.trials), point, status, why, tuple(loads), worth, took)
        self.trials.append(trial)
        return trial

    def _measured(self, point: Point) -> tuple[TrialStatus, str, Sequence[Measured], bool]:
        if known := self.actions.known(point):
            return TrialStatus.MEASURED, "", known, True
        if point.flags and (why := self.actions.refuses(point)):
            return TrialStatus.REFUSED, why, (), False
        try:
            return TrialStatus.MEASURED, "", self.actions.measure(point), False
        except DeployError as error:
            return TrialStatus.FAILED, error.what, (), False

    def _is_tried(self, point: Point) -> bool:
        return any(trial.point.key == point.key for trial in self.trials)

    def _has_time(self, point: Point) -> bool:
        """For one more trial, and for starting the winner after it."""
        if self.actions.known(point):
            return True
        longest = max(
            (trial.seconds for trial in self.trials if trial.status in (TrialStatus.MEASURED, TrialStatus.TOO_SLOW)),
            default=0.0,
        )
        return time.monotonic() + 2 * longest < self.deadline
