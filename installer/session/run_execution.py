"""One run of stages, from the lock on the home to the last event. Used by the detached process and in place.

The only place where recipe, machine, stages and engine meet for real work.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from installer.core.contracts.stage import Stage
from installer.core.defects import defect_of, traceback_of
from installer.core.errors import DeployError, ExitCode
from installer.core.outcomes import Severity
from installer.core.packages.lock import Lock
from installer.core.runs import events as ev
from installer.core.runs.home import Home, RunFolder
from installer.core.runs.request import Request
from installer.core.secrets import Redactor
from installer.disk.volume_errors import explained, problem
from installer.disk.writing import write_atomically
from installer.execution import cache
from installer.execution import lock as engine_lock
from installer.execution.context import RunContext
from installer.execution.generations import Generations
from installer.execution.journal import Journal, Sink
from installer.execution.recovery import recover
from installer.execution.runner import Runner, exit_code_of, finished
from installer.host.local import LocalHost
from installer.session import failed_before, planning, stated_findings
from installer.session.assessing import supposed
from installer.session.compiling_ahead import CompilingAhead
from installer.session.damaged_files import damaged
from installer.session.deployments import remember, remembered
from installer.session.outside_facts import OutsideFacts
from installer.session.parallel_stage import parallel_stage
from installer.session.planning import Assessed, Locked, StagesChecked
from installer.session.prefetch import Prefetch
from installer.session.prepare import prepare
from installer.session.prepared import Prepared
from installer.session.stage_contexts import contexts
from installer.session.used_generations import used
from stages import STAGES, numbers

BUILDING = numbers(lambda traits: traits.changes_environment)
KEEP_GENERATIONS = 16
KEEP_BYTES = 60_000_000_000
_POLL_S = 0.2


class Cancel(threading.Event):
    """Set by a signal, or by a file that another process puts into the run's folder."""

    def __init__(self, run: RunFolder, home: Home, lock: int) -> None:
        super().__init__()
        self._file = run.cancel
        self._looked = 0.0
        self._home, self._lock = home, lock
        self.homeless = False
        """The home was removed under us, or its volume went."""

    def is_set(self) -> bool:
        if super().is_set():
            return True
        now = time.monotonic()
        if now - self._looked > _POLL_S:
            self._looked = now
            self.homeless = self.homeless or not engine_lock.same(self._home, self._lock)
            if self.homeless or self._file.exists():
                self.set()
        return super().is_set()


def execute(
    request: Request,
    home: Home,
    run: RunFolder,
    lock: int,
    *,
    sink: Sink | None = None,
    already_in_place: StagesChecked | None = None,
) -> ExitCode:
    """Do what `request` asks, in `run`, under the `lock` that holds the home. A failure becomes the run's last event.

    `already_in_place` is what the stages said a moment ago, where that leaves nothing to do: it is only written down.
    """
    cancel = Cancel(run, home, lock)
    _listen(cancel)
    with engine_lock.held(home, run.id, lock):
        journal = Journal(run, redactor=Redactor.of(os.environ), sink=sink)
        try:
            return _Execution(request, home, run, journal, cancel, already_in_place).run_all()
        finally:
            journal.close()


def _listen(cancel: threading.Event) -> None:
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: cancel.set())
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


@dataclass
class _Execution:
    request: Request
    home: Home
    run: RunFolder
    journal: Journal
    cancel: Cancel
    already_in_place: StagesChecked | None
    runner: Runner | None = None
    prefetch: Prefetch | None = None
    ahead: CompilingAhead | None = None

    def __post_init__(self) -> None:
        self.host = LocalHost(self.home.cache, self.cancel.is_set)
        self.started = time.monotonic()

    def run_all(self) -> ExitCode:
        already_in_place = self.already_in_place
        failure = self._caught(self._run if already_in_place is None else partial(self._write_down, already_in_place))
        unclean = self._caught(self._clear_up) if already_in_place is None else None
        failure = _without_home(self.home) if self.cancel.homeless else failure or unclean
        changed = self.runner.changed if self.runner else False
        stage = self.runner.failed_stage if self.runner else None
        self.journal.append(finished(failure, stage, round(time.monotonic() - self.started, 3), changed))
        return exit_code_of(failure)

    def _caught(self, part: Callable[[], None]) -> Exception | None:
        """Do a part of the run; what made it fail, in words for a person where the system is the cause."""
        try:
            part()
        except DeployError as failure:
            return failure
        except OSError as failure:
            self._note_defect()
            return explained(failure, self.home.root)
        except Exception as failure:
            self._note_defect()
            return defect_of(failure)
        return None

    def _clear_up(self) -> None:
        """Pruning last, because a filesystem is slow to make folders right after many were removed."""
        if self.ahead:
            self.ahead.end()
        if self.prefetch:
            self.prefetch.end()
        cache.mark_complete(self.home)
        Generations(self.home).prune(keep=KEEP_GENERATIONS, size_bytes=KEEP_BYTES, referenced=used(self.home))

    def _run(self) -> None:
        prepared = prepare(self.request, self.home, self.host)
        self._announce(prepared)
        asked = prepared.asked
        rolled_back = recover(self.home, self.host, STAGES, contexts(prepared, self.host, None), self.run.id)
        for sentence in (*rolled_back, *damaged(self.home)):
            self.journal.append(ev.Notice(None, Severity.WARNING, sentence))
        if set(asked) & set(BUILDING) and (sentence := cache.begin(self.home)):
            self.journal.append(ev.Notice(None, Severity.WARNING, sentence))
        self.prefetch = self._prefetching(prepared, asked)
        with OutsideFacts(prepared, self.host) as outside:
            locked = self._locked(prepared, outside)
            checked, lock = planning.check_stages(locked, self.host), locked.lock
            self.journal.append(_outline(checked))
            assessed = planning.assess(checked, self.host, None if checked.read_only else outside)
        stated_findings.refuse(assessed.findings, asked)
        self._keep_plan(assessed)
        context_for = self._contexts(prepared, lock)
        if lock and self.prefetch:
            self.prefetch.rest(lock, self.home.current if self.home.current.exists() else None, asked)
        self._remember(prepared, only_if_new=True)
        self.ahead = CompilingAhead(self.journal.append, self.cancel, asked)
        self.runner = Runner(
            stages=STAGES,
            context_for=context_for,
            generations=Generations(self.home),
            emit=self.journal.append,
            run=self.run.id,
            asked=asked,
            cancel=self.cancel,
            parallel=parallel_stage(asked, checked.stages, context_for),
            prepared=self.ahead.before,
        )
        self.runner.execute()
        self._remember(prepared)

    def _prefetching(self, prepared: Prepared, asked: tuple[int, ...]) -> Prefetch | None:
        """Packages are fetched ahead where several stages install some."""
        asks = prepared.request
        away = asks.offline and not asks.bundle  # a bundle's wheels only have to be unpacked
        if prepared.recipe.container or away or len(set(asked) & set(BUILDING)) < 2:
            return None
        of = planning.question_of(prepared, self.host)
        return Prefetch(of, self.home, self.run.work, self.journal.append, self.cancel)

    def _keep_plan(self, assessed: Assessed) -> None:
        plan = planning.plan(planning.size(assessed, self.host))
        body = Redactor.of(os.environ).value(plan.to_json())
        write_atomically(self.run.plan, json.dumps(body, ensure_ascii=False, indent=1, default=dict))

    def _remember(self, prepared: Prepared, *, only_if_new: bool = False) -> None:
        """A run that failed must not change what the home contains; an interrupted one must be able to continue."""
        if not prepared.request.machine and not (only_if_new and remembered(self.home)):
            remember(prepared)

    def _write_down(self, checked: StagesChecked) -> None:
        """Everything is in place: say so, stage by stage."""
        prepared = checked.locked.prepared
        self._announce(prepared)
        self._keep_plan(planning.assess(checked, self.host, None))
        self.journal.append(_outline(checked))
        titles = {stage.number: stage.title for stage in STAGES}
        for planned in checked.stages:
            if planned.number in prepared.asked:
                self.journal.append(ev.StageStarted(planned.number, planned.name, titles[planned.number]))
                self.journal.append(ev.StageFinished(planned.number, planned.name, planned.status, planned.reason))
        self._remember(prepared)

    def _announce(self, prepared: Prepared) -> None:
        recipe = prepared.recipe
        self.journal.append(
            ev.RunStarted(
                self.run.id, recipe.name, recipe.title, str(self.home.root), os.getpid(), prepared.facts.name,
                prepared.because, recipe.profile,
            )
        )  # fmt: skip
        if prepared.request.repairs:
            self.journal.append(ev.Notice(None, Severity.WARNING, prepared.request.repairs))

    def _locked(self, prepared: Prepared, outside: OutsideFacts) -> Locked:
        notice = ev.Notice(None, Severity.INFO, "Resolving the packages.")

        def resolving() -> None:
            self.journal.append(notice)
            if self.prefetch:
                self.prefetch.pins()
            outside.begin()
            # Nothing is fetched ahead of a resolution that what is known already rules out.
            stated_findings.refuse(supposed(outside), prepared.asked)
            if self.prefetch:
                self.prefetch.allow()

        locked = planning.lock(prepared, self.host, resolving=resolving)
        for sentence in locked.lock.remarks if locked.lock else ():
            self.journal.append(ev.Notice(None, Severity.INFO, sentence))
        return locked

    def _contexts(self, prepared: Prepared, lock: Lock | None) -> Callable[[Stage], RunContext]:
        make = contexts(prepared, self.host, lock, self.journal.append)

        def with_run(stage: Stage) -> RunContext:
            ctx = make(stage)
            ctx.run = self.run
            if self.prefetch:
                ctx.downloads_over = partial(self.prefetch.wait_for, stage.name)
            return ctx

        return with_run

    def _note_defect(self) -> None:
        with suppress(OSError), (self.run.root / "defect.log").open("a", encoding="utf-8") as log:
            log.write(traceback_of(Redactor.of(os.environ)))


def _without_home(home: Home) -> DeployError:
    return DeployError(
        f"{home.root} was removed, or its volume was unmounted, while this run was using it.",
        problem(home.root) or "Another folder is at that path now.",
        "Restore it, or use another home with --home, then run the command again.",
    )


def _outline(checked: StagesChecked) -> ev.PlanReady:
    lock = checked.locked.lock
    titles = {stage.number: stage.title for stage in STAGES}
    outlines = tuple(
        ev.StageOutline(
            p.number, p.name, titles[p.number], p.status, p.reason, sum(change.bytes for change in p.changes)
        )
        for p in checked.stages
    )
    known = sum(outline.bytes for outline in outlines)
    tried = failed_before.attempt(checked.locked.prepared, lock)
    return ev.PlanReady(outlines, len(lock.packages) if lock else 0, known or None, tried)
