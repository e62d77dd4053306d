"""How long a plan would take here, by what the runs of this home took: the stages of the same recipe as they were, else
what is to be fetched over the speed of then. Not known where no run tells it; never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from installer.core.errors import DeployError
from installer.core.outcomes import StageStatus, Verdict
from installer.core.plans.plan import Plan
from installer.core.runs.home import Home
from installer.knowledge.wheel_sizes import expected_download
from installer.session import recipes
from installer.session.stage_times import RunTimes, run_times, stage_times
from stages import STAGES, numbers

_PACKAGES = numbers(lambda traits: traits.installs_packages)
_MODEL = numbers(lambda traits: traits.runs_in_parallel is not None)
_MACHINE, _SERVER = STAGES[0].number, STAGES[-1].number
_ENOUGH = 200_000_000
"""Bytes that must have been fetched to tell a speed; with fewer, something else took the time."""
Alike = Callable[[str], bool]
"""Whether a recipe has the engine of the one that is planned: how long a server takes to start is told by those."""


def expected_here(plan: Plan, engine: str, home: Home) -> float | None:
    """Of a plan for a home, whose recipe has this engine."""

    def alike(recipe: str) -> bool:
        try:
            return recipes.load(recipe).engine_name == engine
        except DeployError:  # a file that is not there any more, or one that was derived
            return False

    return expected_seconds(plan, run_times(home), alike)


def expected_seconds(plan: Plan, runs: Sequence[RunTimes], alike: Alike) -> float | None:
    """Until the server answers; `None` if that is not known, where nothing is to be done or something is in the way.

    The model is fetched next to the packages.
    """
    if not plan.pending or plan.verdict == Verdict.FAILS or plan.elsewhere:
        return None
    due = [one.number for one in plan.stages if one.status in (StageStatus.PENDING, StageStatus.UNKNOWN)]
    own = stage_times(runs, plan.recipe)
    more = expected_download(plan)
    packages, model = (
        _fetching(
            own, [number for number in due if number in group], _bytes(plan, group) + estimated, _speed(runs, group)
        )
        for group, estimated in ((_PACKAGES, more), (_MODEL, 0))
    )
    if packages is None or model is None:
        return None
    seconds = max(packages, model)
    for number in (n for n in due if n not in (_MACHINE, *_PACKAGES, *_MODEL)):
        told = own.get(number) or _newest(runs, number, alike if number == _SERVER else lambda recipe: True)
        if told is None:
            return None
        seconds += told
    return seconds


def _fetching(own: Mapping[int, float], due: Collection[int], count: int, speed: float | None) -> float | None:
    """Seconds of stages that fetch: as these took before, else by bytes over speed."""
    if all(number in own for number in due):
        return sum(own[number] for number in due)
    return count / speed if count and speed else None


def _bytes(plan: Plan, group: Collection[int]) -> int:
    return sum(change.bytes for stage in plan.stages if stage.number in group for change in stage.changes)


def _speed(runs: Sequence[RunTimes], group: Collection[int]) -> float | None:
    """Bytes a second that these stages fetched and put in place."""
    sums = [(sum(run.fetched.get(n, 0) for n in group), sum(run.seconds.get(n, 0.0) for n in group)) for run in runs]
    samples = [(count, seconds) for count, seconds in sums if count >= _ENOUGH and seconds]
    return sum(count for count, _ in samples) / sum(seconds for _, seconds in samples) if samples else None


def _newest(runs: Sequence[RunTimes], stage: int, alike: Alike) -> float | None:
    return next((run.seconds[stage] for run in runs if stage in run.seconds and alike(run.recipe)), None)
