"""How far a run has come, as a share of the whole, and how long it still takes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installer.core.outcomes import StageStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from installer.core.runs.fold import RunView, StageView

OVER = (StageStatus.DONE, StageStatus.SATISFIED, StageStatus.SKIPPED, StageStatus.UNKNOWN)
NOTHING_TO_DO = (StageStatus.SATISFIED, StageStatus.SKIPPED)
ALMOST = 0.99
"""More than that only a run that is over has done: the last stage may take longer than before."""
STAGE_WORTH = 100_000_000
"""Bytes that take about as long as all else that a stage does."""


def completed_share(view: RunView) -> float | None:
    """0 to 1, by the stages that have something to do and what each fetches; `None` before the plan is known."""
    working = [stage for stage in view.stages if stage.state not in NOTHING_TO_DO]
    worth = sum(map(_worth, working))
    return sum(_worth(stage) * _part(stage) for stage in working) / worth if worth else 1.0 if view.stages else None


def share_of_time(usual: Mapping[int, float], view: RunView, now: float) -> float | None:
    """0 to 1, by what the stages took before; `None` if that is not known."""
    left = seconds_left_by(usual, view, now)
    gone = now - view.started_at if view.started_at else 0.0
    return min(ALMOST, gone / (gone + left)) if left is not None and gone > 0 else None


def seconds_left(view: RunView, bytes_per_second: float) -> float | None:
    """Of all that the run still has to download, at the current speed; `None` if nothing is downloaded now, or if its
    size is unknown."""
    left = sum(max(0, stage.bytes_total - stage.bytes_done) for stage in view.stages if stage.state not in OVER)
    return left / bytes_per_second if left and bytes_per_second >= 1 else None


def seconds_left_by(usual: Mapping[int, float], view: RunView, now: float) -> float | None:
    """Of the whole run, by what its stages took before; `None` if one that is to come was never done here.

    0 if it takes longer than then. A stage that runs next to others adds nothing to what those take.
    """
    due = [stage for stage in view.stages if stage.state not in OVER]
    if not due or any(stage.number not in usual for stage in due):
        return None
    rest = {stage.number: max(0.0, usual[stage.number] - _elapsed(stage, now)) for stage in due}
    last = max((stage.number for stage in due if stage.state == StageStatus.RUNNING), default=0)
    aside = last if any(number < last for number in rest) else 0
    before = sum(seconds for number, seconds in rest.items() if number < aside)
    after = sum(seconds for number, seconds in rest.items() if number > aside)
    return max(before, rest.get(aside, 0.0)) + after


def _elapsed(stage: StageView, now: float) -> float:
    return max(0.0, now - stage.started_at) if stage.started_at is not None else 0.0


def _worth(stage: StageView) -> float:
    return 1.0 + stage.planned_bytes / STAGE_WORTH


def _part(stage: StageView) -> float:
    if stage.state in OVER:
        return 1.0
    if (
        stage.state == StageStatus.RUNNING and stage.planned_bytes
    ):  # without a plan the total is not known before its end
        return 0.9 * min(1.0, stage.bytes_done / stage.bytes_total)
    return 0.0
