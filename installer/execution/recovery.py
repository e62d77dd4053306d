"""Cleaning up after a killed run: its processes, its drafts, its unfinished deeds. Runs under the lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from installer.core.contracts.host import Host, Spawned
from installer.core.contracts.stage import Stage
from installer.core.errors import DamagedError
from installer.core.outcomes import RunState
from installer.core.runs import events as ev
from installer.core.runs.home import Home, RunFolder
from installer.disk.reading import read_json
from installer.execution.context import RunContext
from installer.execution.generations import Generations
from installer.execution.journal import Journal, ended, read

Undo = Callable[[Stage], RunContext]


def unfinished(home: Home, but: str) -> list[RunFolder]:
    """Runs without an end in their journal, other than `but`. Damaged journals are left alone."""
    if not home.runs.is_dir():
        return []
    found = []
    for folder in sorted(home.runs.iterdir()):
        run = RunFolder(folder)
        with suppress(FileNotFoundError, NotADirectoryError, DamagedError):
            if run.id != but and not ended(run.journal):
                found.append(run)
    return found


def recover(home: Home, host: Host, stages: Sequence[Stage], context_for: Undo, but: str) -> list[str]:
    """Roll back what killed installer processes left; what was done, a sentence each."""
    done: list[str] = []
    for run in unfinished(home, but):
        events = [entry.event for entry in read(run.journal)]
        for event in events:
            if isinstance(event, ev.ProcessStarted) and host.end_recorded(_recorded(event)):
                done.append(f"Ended process {event.pid}, which run {run.id} had left behind.")
        for stage, deeds in _open_deeds(stages, events):
            ctx = context_for(stage)
            ctx.home = home.named(_server_of(run))
            left = stage.rollback(ctx, deeds)
            done.append(f"Rolled back stage {stage.number} of run {run.id}.")
            done += [one.text for one in left]
        journal = Journal(run)
        journal.append(
            ev.RunFinished(
                RunState.FAILED, 1, what="The installer process of this run was killed.", fix="Run it again."
            )
        )
        journal.close()
    generations = Generations(home)
    return done + [_clear(generations, number) for number in generations.drafts()]


def _server_of(run: RunFolder) -> str:
    """Which server of the home the run was for."""
    with suppress(OSError, DamagedError):
        return str((read_json(run.request) or {}).get("server", ""))
    return ""


def _recorded(event: ev.ProcessStarted) -> Spawned:
    return Spawned(event.pid, event.created, event.place)


def _clear(generations: Generations, number: int) -> str:
    """What is complete in a draft is put into use, unless a whole deployment is; the rest is removed."""
    current = generations.in_use()
    if (current is None or not current.complete) and (seal := generations.restore(number)):
        generations.seal(seal)
        generations.switch(number)
        return f"Kept the unfinished generation {number} as far as it was complete: stage {seal.stage} was its last."
    generations.drop(number)
    return f"Removed the unfinished generation {number}."


def _open_deeds(stages: Sequence[Stage], events: Sequence[ev.Event]) -> list[tuple[Stage, list[Mapping[str, Any]]]]:
    """The stages that had begun and not ended, with what they had written down."""
    begun = {e.stage for e in events if isinstance(e, ev.StageStarted)}
    begun -= {e.stage for e in events if isinstance(e, ev.StageFinished)}
    deeds: dict[int, list[Mapping[str, Any]]] = {number: [] for number in begun}
    for event in events:
        if isinstance(event, ev.Deed) and event.stage in deeds:
            deeds[event.stage].append({"what": event.what, **event.data})
    return [(stage, deeds[stage.number]) for stage in reversed(stages) if deeds.get(stage.number)]
