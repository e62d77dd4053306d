"""What a home remembers: its runs and its generations, and how to let go of them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from installer.core.errors import UsageError
from installer.core.outcomes import RunState
from installer.core.runs.events import RunFinished, RunStarted, ServerReady, entries
from installer.core.runs.home import Home, RunFolder
from installer.core.runs.summary import GenerationSummary, RunSummary
from installer.disk.reading import open_own
from installer.execution import lock as engine_lock
from installer.execution.generations import Generations
from installer.session import runs as own_runs

if TYPE_CHECKING:
    from installer.core.runs.events import Entry

_ENDS = 65536
"""Bytes at the beginning and at the end of a journal that say what a run was about and how it ended."""


def past(home: Home) -> list[RunSummary]:
    """Every run, the newest first."""
    if not home.runs.is_dir():
        return []
    running = own_runs.running(home)
    folders = [RunFolder(path) for path in sorted(home.runs.iterdir(), reverse=True)]
    return [_summary(run, running is not None and run.id == running.id) for run in folders if run.journal.is_file()]


def generations(home: Home) -> list[GenerationSummary]:
    """Every sealed generation, the newest first."""
    own = Generations(home)
    current = own.current()
    return [
        GenerationSummary(
            seal.number,
            seal.created,
            seal.recipe,
            seal.complete,
            seal.number == current,
            packages(home, seal.number),
        )
        for seal in sorted(own.seals().values(), key=lambda seal: -seal.number)
    ]


def packages(home: Home, number: int) -> dict[str, str]:
    """Version by name of what is installed in a generation, by the names of its metadata folders."""
    found: dict[str, str] = {}
    for folder in Generations(home).path(number).glob("lib/python3*/site-packages/*.dist-info"):
        name, _, version = folder.name.removesuffix(".dist-info").partition("-")
        found[canonicalize_name(name)] = version
    return found


def delete_run(home: Home, run_id: str) -> None:
    """Its journal, plan and logs. Raises `UsageError` for one that does not exist or still runs."""
    running = own_runs.running(home)
    run = next((one for one in past(home) if one.id == run_id), None)
    if run is None or (running is not None and running.id == run_id):
        what = f"Run {run_id} is still in progress." if run else f"There is no run {run_id}."
        raise UsageError(what, "Only a finished run can be deleted.", "`deploy-tui runs list` lists them.")
    shutil.rmtree(home.run(run_id).root)


def delete_generation(home: Home, number: int) -> None:
    """Its environment. Raises `UsageError` for one that is in use or not there, `LockedError` in a run."""
    from installer.session.used_generations import used

    own = Generations(home)
    with engine_lock.held(home, "delete"):
        if number not in own.seals() or number == own.current() or number in used(home):
            known = number in own.seals()
            what = f"Generation {number} is in use." if known else f"There is no generation {number}."
            raise UsageError(what, "Nothing was deleted.", "`deploy-tui status` lists those that are kept.")
        own.drop(number)


def _summary(run: RunFolder, running: bool) -> RunSummary:
    told = ends(run)
    started = next((entry for entry in told if isinstance(entry.event, RunStarted)), None)
    finished = next((entry.event for entry in reversed(told) if isinstance(entry.event, RunFinished)), None)
    event = started.event if started and isinstance(started.event, RunStarted) else None
    state = RunState.RUNNING if running else finished.state if finished else RunState.FAILED
    return RunSummary(
        id=run.id, recipe=event.recipe if event else "", state=state, at=started.at if started else 0.0,
        seconds=finished.seconds if finished else (told[-1].at - started.at if started and told else 0.0),
        stage=finished.stage if finished else None,
        said=finished.what if finished else "" if running else "It was killed.",
        served=any(isinstance(entry.event, ServerReady) for entry in told),
    )  # fmt: skip


def ends(run: RunFolder) -> Sequence[Entry]:
    """What a journal begins and ends with."""
    import os

    with os.fdopen(open_own(run.journal), "rb") as journal:
        size = os.fstat(journal.fileno()).st_size
        head = journal.read(_ENDS)
        journal.seek(max(len(head), size - _ENDS))
        tail = journal.read(_ENDS)
    return [*entries(head)[0], *entries(tail)[0]]
