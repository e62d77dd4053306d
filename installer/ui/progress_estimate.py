"""How far a run has come, as a share of the whole, and how long its downloads still take. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installer.core.outcomes import StageStatus

if TYPE_CHECKING:
    from installer.core.runs.fold import RunView, StageView

OVER = (StageStatus.DONE, StageStatus.SATISFIED, StageStatus.SKIPPED, StageStatus.UNKNOWN)
STAGE_WORTH = 100_000_000
"""Bytes that take about as long as all else that a stage does."""


def completed_share(view: RunView) -> float | None:
    """0 to 1, by stages and what each fetches; `None` before the plan is known."""
    worth = sum(map(_worth, view.stages))
    return sum(_worth(stage) * _part(stage) for stage in view.stages) / worth if worth else None


def seconds_left(view: RunView, bytes_per_second: float) -> float | None:
    """Of what is being fetched, at the speed of now; `None` where nothing is, or nobody knows how much it is."""
    running = [
        stage for stage in view.stages if stage.state == StageStatus.RUNNING and stage.bytes_total > stage.bytes_done
    ]
    left = sum(stage.bytes_total - stage.bytes_done for stage in running)
    return left / bytes_per_second if left and bytes_per_second >= 1 else None


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
