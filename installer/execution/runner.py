"""Runs stages: check, apply, check again, and roll back what failed. Knows stages only as the protocol in core."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from installer.core import threads
from installer.core.contracts.stage import Change, ChangeKind, Check, Leftover, LeftoverKind, Stage
from installer.core.errors import (
    Cancelled,
    DefectError,
    DeployError,
    ExitCode,
    IncompleteRollbackError,
    PredictedError,
    StageError,
)
from installer.core.outcomes import RunState, StageStatus
from installer.core.runs import events as ev
from installer.execution.context import RunContext
from installer.execution.draft import Building
from installer.execution.generations import Generations, Seal
from installer.execution.planner import observed_line, outcome

ContextFor = Callable[[Stage], RunContext]


@dataclass
class Runner:
    """One run over some of the stages."""

    stages: Sequence[Stage]
    context_for: ContextFor
    generations: Generations
    emit: Callable[[ev.Event], None]
    run: str
    asked: Collection[int]
    """Numbers of the stages to run."""
    cancel: threading.Event
    parallel: Stage | None = None
    """A stage to run next to the package stages, because it needs none of them."""
    prepared: Callable[[RunContext], None] = lambda ctx: None
    """Told of each stage that finds a complete environment, as it begins."""
    changed: bool = False
    failed_stage: int | None = None
    _parallel_failure: list[BaseException] = field(default_factory=list)
    _last: int = field(init=False)
    """The stage after which the environment is put into use; 0 if none that was requested changes it."""
    _complete: int = field(init=False)
    """The stage after which an environment lacks nothing."""
    _building: Building = field(init=False)

    def __post_init__(self) -> None:
        building = [stage.number for stage in self.stages if stage.traits.changes_environment]
        self._last = max((number for number in building if number in self.asked), default=0)
        self._complete = max(building, default=0)
        self._building = Building(self.generations, self.emit, self.run, self._last)

    def execute(self) -> None:
        """Run them all. Raises the `DeployError` of the stage that failed, after taking it back."""
        before = self.generations.in_use()
        companion: threading.Thread | None = None
        try:
            for stage in self.stages:
                if stage.number not in self.asked:
                    continue
                if companion is None and self.parallel and stage.traits.installs_packages:
                    companion = self._start_parallel()
                if stage.number > self._complete:
                    self.prepared(self.context_for(stage))
                if stage is self.parallel:
                    self._join(companion)
                    continue
                self._run(stage)
                if stage.number == self._last:
                    self._building.put_in_use(stage.number, complete=stage.number == self._complete)
                self._stop_if_parallel_failed(companion)
        except BaseException:
            self.cancel.set()
            if companion:
                companion.join()
            self._restore_last_complete(before)
            raise

    def _start_parallel(self) -> threading.Thread:
        assert self.parallel is not None
        return threads.begin(partial(self._run_parallel, self.parallel), self.parallel.name)

    def _run_parallel(self, stage: Stage) -> None:
        try:
            self._run(stage)
        except BaseException as failure:
            self._parallel_failure.append(failure)

    def _join(self, companion: threading.Thread | None) -> None:
        if companion:
            companion.join()
        self._stop_if_parallel_failed(companion)

    def _stop_if_parallel_failed(self, companion: threading.Thread | None) -> None:
        if self._parallel_failure and companion and not companion.is_alive():
            raise self._parallel_failure[0]

    def _run(self, stage: Stage) -> None:
        if self.cancel.is_set():
            raise Cancelled
        started = time.monotonic()
        self.emit(ev.StageStarted(stage.number, stage.name, stage.title))
        ctx = self.context_for(stage)
        ctx.environment = self._building.path or ctx.environment
        status, reason = StageStatus.FAILED, ""
        try:
            status, reason = self._attempt(stage, ctx)
        except BaseException as failure:
            status = StageStatus.CANCELLED if isinstance(failure, Cancelled) else StageStatus.FAILED
            reason = failure.what if isinstance(failure, DeployError) else str(failure)
            if not isinstance(failure, Cancelled) and self.failed_stage is None:
                self.failed_stage = stage.number
            raise
        finally:
            spent = round(time.monotonic() - started, 3)
            self.emit(ev.StageFinished(stage.number, stage.name, status, reason, spent))

    def _attempt(self, stage: Stage, ctx: RunContext) -> tuple[StageStatus, str]:
        before = stage.check(ctx)
        status, reason = outcome(before)
        if status == StageStatus.BLOCKED or (status == StageStatus.UNKNOWN and before.needed and ctx.facts.here):
            raise self._refusal(stage, before)
        repeated = stage.traits.repeats_when_asked and len(self.asked) == 1
        if status != StageStatus.PENDING and not (repeated and status == StageStatus.SATISFIED):
            return status, reason
        changes = before.changes or (Change(ChangeKind.REPEAT, f"repeat {stage.title.lower()}"),)
        after = self._change(stage, ctx, changes)
        self.changed = self.changed or not repeated
        return StageStatus.DONE, observed_line(after)

    def _refusal(self, stage: Stage, check: Check) -> DeployError:
        """A stage cannot begin. Predicted, as long as this run has changed nothing yet."""
        sentences = (
            check.blocked or check.unknown,
            f"Found by stage {stage.number}, {stage.name}, before it did anything.",
            check.fix or "Run the stages before it, for example `--stage all`.",
        )
        return StageError(*sentences) if self.changed else PredictedError(*sentences)

    def _change(self, stage: Stage, ctx: RunContext, changes: tuple[Change, ...]) -> Check:
        builds = stage.traits.changes_environment and not all(change.outside for change in changes)
        try:
            if builds:
                ctx.environment = self._building.begin(stage, ctx)
            stage.apply(ctx, changes)
            after = stage.check(ctx)
            if after.changes or after.blocked:
                left = after.blocked or "; ".join(change.summary for change in after.changes)
                raise StageError(
                    f"Stage {stage.number} ended, but its own check is not satisfied.",
                    f"Still missing: {left}.",
                    "See the stage's log; remove the cause, then run again.",
                )
            if builds:
                self._building.keep(stage, ctx)
            return after
        except BaseException as failure:
            self._roll_back(stage, ctx, failure, builds=builds)
            raise

    def _roll_back(self, stage: Stage, ctx: RunContext, failure: BaseException, *, builds: bool) -> None:
        self.emit(ev.RollbackStarted(stage.number))
        left: list[Leftover] = []
        try:
            left += stage.rollback(ctx, ctx.deeds)
        except Exception as problem:
            left.append(Leftover(LeftoverKind.UNDO, f"rollback failed: {problem}"))
        if builds:
            self._building.roll_back()
        self.emit(ev.RollbackFinished(stage.number, tuple(one.text for one in left)))
        serious = [one.text for one in left if not one.meant]
        if serious and isinstance(failure, DeployError):
            raise IncompleteRollbackError(
                failure.what, f"{failure.why} Left behind: {'; '.join(serious)}.", failure.fix
            )

    def _restore_last_complete(self, before: Seal | None) -> None:
        """After a failure: the whole deployment of before this run, else as far as this run has come."""
        if before is None or not before.complete:
            self._building.put_in_use(None, complete=False)
            return
        self._building.drop()
        now = self.generations.in_use()
        if now and now != before:
            self.emit(ev.GenerationSwitched(None, before.number, now.number))
            self.generations.switch(before.number)
            self.generations.seal(replace(now, complete=False))  # it did not prove itself: no rollback shall choose it


def exit_code_of(failure: BaseException | None) -> ExitCode:
    """The exit status that a run's end means."""
    if failure is None:
        return ExitCode.OK
    return failure.exit_code if isinstance(failure, DeployError) else ExitCode.FAILED


def finished(failure: BaseException | None, stage: int | None, seconds: float, changed: bool) -> ev.RunFinished:
    """The last event of a run."""
    if failure is None:
        return ev.RunFinished(RunState.DONE, ExitCode.OK, seconds, changed=changed)
    state = RunState.CANCELLED if isinstance(failure, Cancelled) else RunState.FAILED
    sentences: dict[str, Any] = {"what": str(failure) or type(failure).__name__}
    if isinstance(failure, DeployError):
        sentences = {"what": failure.what, "why": failure.why, "fix": failure.fix}
    defect = isinstance(failure, DefectError)
    return ev.RunFinished(state, int(exit_code_of(failure)), seconds, stage, **sentences, defect=defect)
