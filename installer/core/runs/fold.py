"""A run as one value, folded from its events. Every view (screen, console, status) shows a `RunView`, nothing else.

Pure: the same entries always give the same view, so a finished run opens exactly as it looked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from installer.core.outcomes import RunState, StageStatus
from installer.core.runs import events as ev


@dataclass(frozen=True, slots=True)
class StageView:
    number: int
    name: str
    title: str
    state: StageStatus = StageStatus.WAITING
    reason: str = ""
    doing: str = ""
    steps: tuple[tuple[str, float], ...] = ()
    """What it did and does, each with when that began, in seconds since the epoch."""
    started_at: float | None = None
    seconds: float = 0.0
    progress: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    """Bytes done and in total, by what is being fetched."""
    planned_bytes: int = 0
    """To be fetched, as the plan knew it."""
    left: tuple[str, ...] | None = None
    """What taking it back could not roll back; `None` if nothing was rolled back."""

    @property
    def bytes_done(self) -> int:
        return sum(done for done, _ in self.progress.values())

    @property
    def bytes_total(self) -> int:
        """As planned, so that it is constant while one thing after the other is named; more only where more came."""
        named = sum(total if total is not None else done for done, total in self.progress.values())
        return max(named, self.planned_bytes)


@dataclass(frozen=True, slots=True)
class RunView:
    run: str = ""
    recipe: str = ""
    title: str = ""
    profile: str | None = None
    home: str = ""
    because: str = ""
    machine: str = ""
    state: RunState = RunState.NONE
    started_at: float = 0.0
    at: float = 0.0
    """Time of the newest event."""
    stages: tuple[StageView, ...] = ()
    notices: tuple[ev.Notice, ...] = ()
    generation: int | None = None
    ready: ev.ServerReady | None = None
    finished: ev.RunFinished | None = None
    download_bytes: int | None = None

    @property
    def bytes_done(self) -> int:
        """Bytes that all stages have fetched so far."""
        return sum(stage.bytes_done for stage in self.stages)

    @property
    def stage(self) -> int | None:
        """The running stage with the highest number, or where the run failed."""
        if self.finished is not None and self.finished.stage is not None:
            return self.finished.stage
        running = [s.number for s in self.stages if s.state in (StageStatus.RUNNING, StageStatus.ROLLING_BACK)]
        return max(running) if running else None


def fold(view: RunView, entry: ev.Entry) -> RunView:
    """The view after one more entry."""
    view = replace(view, at=entry.at)
    match entry.event:
        case ev.RunStarted() as e:
            return replace(view, **_beginning(e), state=RunState.RUNNING, started_at=entry.at)
        case ev.PlanReady() as e:
            return replace(view, stages=tuple(map(_planned, e.stages)), download_bytes=e.download_bytes)
        case ev.Notice() as e:
            return replace(view, notices=(*view.notices, e))
        case ev.GenerationSwitched() as e:
            return replace(view, generation=e.generation)
        case ev.ServerReady() as e:
            return replace(view, ready=e)
        case ev.RunFinished() as e:
            return replace(view, state=e.state, finished=e)
        case event:
            return _fold_stage(view, event, entry.at)


def _fold_stage(view: RunView, event: ev.Event, at: float) -> RunView:
    """The view after an event of one stage."""
    match event:
        case ev.StageStarted() as e:
            return _stage(view, e.stage, state=StageStatus.RUNNING, started_at=at, reason="")
        case ev.ChangeStarted() as e:
            return _stepped(view, e, at)
        case ev.Progress() as e:
            return _progressed(view, e)
        case ev.StageFinished() as e:
            return _stage(view, e.stage, state=e.status, reason=e.reason, seconds=e.seconds, doing="")
        case ev.RollbackStarted() as e:
            return _stage(view, e.stage, state=StageStatus.ROLLING_BACK, doing="")
        case ev.RollbackFinished() as e:
            return _stage(view, e.stage, state=StageStatus.FAILED, left=e.left)
        case _:
            return view


def _beginning(event: ev.RunStarted) -> dict[str, Any]:
    names = ("run", "recipe", "title", "profile", "home", "because", "machine")
    return {name: getattr(event, name) for name in names}


def _planned(outline: ev.StageOutline) -> StageView:
    # What is unknown before anything ran (an environment that is not there yet) is known once it is that stage's turn.
    state = StageStatus.WAITING if outline.status in (StageStatus.PENDING, StageStatus.UNKNOWN) else outline.status
    return StageView(outline.number, outline.name, outline.title, state, outline.reason, planned_bytes=outline.bytes)


def _stage(view: RunView, number: int | None, **changes: object) -> RunView:
    stages = tuple(
        replace(stage, **changes) if stage.number == number else stage  # type: ignore[arg-type]
        for stage in view.stages
    )
    return replace(view, stages=stages)


def _stepped(view: RunView, event: ev.ChangeStarted, at: float) -> RunView:
    before = next((stage.steps for stage in view.stages if stage.number == event.stage), ())
    return _stage(view, event.stage, doing=event.summary, steps=(*before, (event.summary, at)))


def _progressed(view: RunView, event: ev.Progress) -> RunView:
    for stage in view.stages:
        if stage.number == event.stage:
            return _stage(view, event.stage, progress={**stage.progress, event.subject: (event.done, event.total)})
    return view
