"""Which stage may run next to those that install packages. Runs none."""

from __future__ import annotations

from collections.abc import Callable

from installer.core.contracts.stage import Stage
from installer.core.outcomes import StageStatus
from installer.core.plans.plan import PlannedStage
from installer.execution.context import RunContext
from installer.session import planning
from stages import STAGES


def parallel_stage(
    asked: tuple[int, ...], planned: tuple[PlannedStage, ...], context_for: Callable[[Stage], RunContext]
) -> Stage | None:
    """The stage that may run next to those that install packages, where it has something to do."""
    if not any(number in asked for number in planning.PACKAGES):
        return None
    pending = {one.number: one.changes for one in planned if one.status == StageStatus.PENDING}
    for stage in STAGES:
        may = stage.traits.runs_in_parallel
        if may and stage.number in pending and may(context_for(stage), pending[stage.number]):
            return stage
    return None
