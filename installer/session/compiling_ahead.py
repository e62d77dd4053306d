"""Compiles kernels and bytecode next to a run, from the moment on that its environment is complete.

It gives way to everything else until stage 9 begins, which waits for them. Nothing depends on it: a failure is told,
and the engine then compiles them itself in stage 9. It ends with the run, and never outlives it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from installer.core import threads
from installer.core.contracts.host import Spawned
from installer.core.errors import DeployError
from installer.core.outcomes import Severity
from installer.core.runs import events as ev
from installer.execution.context import RunContext
from installer.host import priority
from installer.host.local import LocalHost
from stages import bytecode_ahead, kernels_ahead, s09_verification
from stages.kernels_ahead import Job

_KINDS = (kernels_ahead, bytecode_ahead)
_PATIENCE_S = 900.0
_LOG = s09_verification.number
"""The stage whose log has what the compilers say."""


@dataclass
class _Work:
    """One process that compiles."""

    thread: threading.Thread | None = None
    leader: int = 0
    """Its session, while it runs."""


class CompilingAhead:
    """At most one process per kind and run."""

    def __init__(self, emit: Callable[[ev.Event], None], cancel: threading.Event, asked: Collection[int]) -> None:
        self._emit, self._cancel, self._over = emit, cancel, threading.Event()
        self._wanted = s09_verification.number in asked
        self._works: dict[str, _Work] = {}
        self._awaited = False

    def before(self, ctx: RunContext) -> None:
        """A stage begins, and the environment is complete."""
        self._awaited = self._awaited or ctx.stage >= s09_verification.number
        left = [kind for kind in _KINDS if kind.__name__ not in self._works]
        if self._wanted and left and ctx.stage <= s09_verification.number:
            with suppress(DeployError, OSError):  # what cannot be read or written here, stage 9 says itself
                for kind in left if s09_verification.check(ctx).changes else ():
                    if job := kind.job(ctx):
                        self._begin(kind.__name__, job, ctx.home.cache)
        for work in self._works.values() if self._awaited else ():
            if work.leader:
                priority.take_turn(work.leader)

    def end(self) -> None:
        """Whatever is still being compiled here is not waited for."""
        self._over.set()
        self.join()

    def join(self) -> None:
        """Wait until all of it has ended by itself."""
        for work in self._works.values():
            if work.thread:
                work.thread.join()

    def _begin(self, kind: str, job: Job, cache: Path) -> None:
        work = self._works[kind] = _Work()
        work.thread = threads.begin(partial(self._compile, work, job, cache), kind)

    def _compile(self, work: _Work, job: Job, cache: Path) -> None:
        host = LocalHost(cache, lambda: self._over.is_set() or self._cancel.is_set())
        if job.what:
            self._tell(f"Compiling kernels for the GPU while the next stages run: {job.what}.")
        started = time.monotonic()
        try:
            done = host.run(
                job.command, environment=job.environment, timeout_s=_PATIENCE_S, on_start=partial(self._started, work),
                on_line=lambda line: self._emit(ev.OutputLine(_LOG, line)),
            )  # fmt: skip
        except DeployError:
            return  # ended by us or by the run
        finally:
            work.leader = 0
        if not job.what:
            return
        if done.code == 0:
            self._tell(f"Compiled kernels for the GPU in {time.monotonic() - started:.0f} s: {job.what}.")
        else:
            why = (done.output.strip().splitlines() or [f"it ended with status {done.code}"])[-1]
            self._tell(f"Kernels were not compiled ahead, so the engine compiles them in stage 9 ({job.what}): {why}")

    def _started(self, work: _Work, process: Spawned) -> None:
        self._emit(ev.ProcessStarted(_LOG, process.pid, process.created, process.place))
        if not self._awaited:
            priority.give_way(process.pid)
        work.leader = process.pid

    def _tell(self, text: str) -> None:
        self._emit(ev.Notice(None, Severity.INFO, text))
