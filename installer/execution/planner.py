"""Asks every stage what is missing and makes a plan of the answers. Touches nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from installer.core.contracts.stage import Check, Stage, StageContext
from installer.core.outcomes import StageStatus
from installer.core.plans.plan import PlannedStage

ContextFor = Callable[[Stage], StageContext]


def plan_stages(
    stages: Sequence[Stage], context_for: ContextFor, asked: Collection[int] | None = None
) -> tuple[PlannedStage, ...]:
    """What each of `stages` would do; those not among `asked` are marked as not requested."""
    planned: list[PlannedStage] = []
    replaced = False
    for stage in stages:
        if asked is not None and stage.number not in asked:
            planned.append(PlannedStage(stage.number, stage.name, StageStatus.SKIPPED, "not requested"))
        else:
            planned.append(_in_order(stage, planned_stage(stage, stage.check(context_for(stage))), replaced))
        replaced |= stage.traits.changes_environment and planned[-1].status == StageStatus.PENDING
    return tuple(planned)


def _in_order(stage: Stage, planned: PlannedStage, replaced: bool) -> PlannedStage:
    """What satisfies a stage now does so no more once an earlier one has replaced the environment."""
    if not replaced or not stage.traits.again or planned.status != StageStatus.SATISFIED:
        return planned
    return replace(planned, status=StageStatus.PENDING, reason=stage.traits.again)


def planned_stage(stage: Stage, check: Check) -> PlannedStage:
    """A stage's answer as a line of the plan."""
    status, reason = outcome(check)
    return PlannedStage(stage.number, stage.name, status, reason, check.changes)


def outcome(check: Check) -> tuple[StageStatus, str]:
    """The status of an answer, and its reason in words."""
    if check.blocked:
        return StageStatus.BLOCKED, check.blocked
    if check.skipped:
        return StageStatus.SKIPPED, check.skipped
    if check.unknown:
        return StageStatus.UNKNOWN, check.unknown
    if check.changes:
        return StageStatus.PENDING, ""
    return StageStatus.SATISFIED, observed_line(check)


def observed_line(check: Check) -> str:
    """What a stage found, in one line."""
    return "; ".join(sentence.rstrip(".") for sentence in check.observed)
