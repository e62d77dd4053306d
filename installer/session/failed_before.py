"""Whether the very same was tried here and failed: same recipe, settings, packages and machine. Checks nothing else.

A run writes down what it tries as one word (`attempt`), so that a later plan finds it without reading recipes of then.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from installer.core.files.plain import plain
from installer.core.machine.facts import MachineFacts
from installer.core.machine.file import to_mapping
from installer.core.outcomes import Code, RunState, Severity, StageStatus
from installer.core.packages.lock import Lock
from installer.core.plans.plan import Finding
from installer.core.runs.home import Home, RunFolder
from installer.disk.reading import open_own
from installer.session.prepared import Prepared

if TYPE_CHECKING:
    from installer.core.runs.events import PlanReady, RunFinished

_NEWEST = 8
"""Runs that are looked at: the newest ones."""
_BEGINNING = 65536
"""Bytes of a journal in which it says what it tries."""
_LASTING = ("os", "python", "container", "driver", "cpu", "memory_mib", "shm_mib", "packages")
"""Facts that no deployment changes: what is free, and the tools, are others once it was tried."""
_LASTING_OF_GPU = ("name", "compute_capability", "memory_mib")


def attempt(prepared: Prepared, packages: Lock | None) -> str:
    """What would be tried, as one word: another one as soon as the recipe, the packages or the machine is another."""
    lock = packages.pylock if packages else ""
    tried = {"recipe": plain(prepared.recipe), "packages": lock, "machine": _lasting(prepared.facts)}
    return hashlib.sha256(json.dumps(tried, sort_keys=True, default=str).encode()).hexdigest()[:20]


def failure(prepared: Prepared, packages: Lock | None) -> tuple[Finding, ...]:
    """That it failed in the newest run that tried it, when, and of what; nothing once a later run got past that."""
    if not prepared.facts.here:
        return ()
    passed: set[int] = set()
    for run, outline, end, at in _tried(prepared.home, attempt(prepared, packages)):
        if end.state == RunState.FAILED and end.stage is not None and end.stage not in passed:
            return (_finding(run, end, end.stage, at),)
        if end.state == RunState.DONE:
            passed |= {stage.number for stage in outline.stages if stage.status != StageStatus.SKIPPED}
    return ()


def _finding(run: RunFolder, end: RunFinished, stage: int, at: float) -> Finding:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
    return Finding(
        code=Code.FAILED_BEFORE, severity=Severity.WARNING, stage=stage, subject="",
        summary=f"The same failed here on {day}, in stage {stage}: {end.what}",
        evidence=end.why,
        fix=end.fix or f"`deploy-tui replay {run.id}` shows that run.",
    )  # fmt: skip


def _tried(home: Home, what: str) -> Iterator[tuple[RunFolder, PlanReady, RunFinished, float]]:
    """The runs that tried this and came to an end, the newest first."""
    folders = sorted(home.runs.iterdir(), reverse=True)[:_NEWEST] if home.runs.is_dir() else []
    for run in (RunFolder(folder) for folder in folders):
        if run.journal.is_file() and _begins_with(run, f'"attempt":"{what}"'):
            yield from _end(run)


def _begins_with(run: RunFolder, words: str) -> bool:
    with os.fdopen(open_own(run.journal), "rb") as journal:
        return words.encode() in journal.read(_BEGINNING)


def _end(run: RunFolder) -> Iterator[tuple[RunFolder, PlanReady, RunFinished, float]]:
    from installer.core.runs.events import PlanReady, RunFinished  # most plans need neither
    from installer.session.run_history import ends

    told = list(ends(run))
    outline = next((entry.event for entry in told if isinstance(entry.event, PlanReady)), None)
    last, at = next(((e.event, e.at) for e in reversed(told) if isinstance(e.event, RunFinished)), (None, 0.0))
    if outline is not None and isinstance(last, RunFinished):
        yield run, outline, last, at


def _lasting(facts: MachineFacts) -> dict[str, object]:
    body = to_mapping(facts)
    gpus = [{name: gpu.get(name) for name in _LASTING_OF_GPU} for gpu in body.get("gpus", ())]
    return {"gpus": gpus, **{name: body.get(name) for name in _LASTING}}
