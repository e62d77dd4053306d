"""What the runs of this home took and fetched, stage by stage, as they wrote it down. Foretells nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from installer.core.outcomes import StageStatus
from installer.core.runs.home import Home, RunFolder

_NEWEST = 8
"""Runs that are looked at: the newest ones."""
_TOLD = re.compile(rb'\n(\{"event":"(?:run-started|stage-finished|progress)",[^\n]*)')


@dataclass(slots=True)
class RunTimes:
    recipe: str = ""
    seconds: dict[int, float] = field(default_factory=dict)
    """Of each stage that was done."""
    fetched: dict[int, int] = field(default_factory=dict)
    """Bytes that each stage fetched."""


def run_times(home: Home) -> Sequence[RunTimes]:
    """Of the newest runs of a home, the newest first."""
    folders = sorted(home.runs.iterdir(), reverse=True)[:_NEWEST] if home.runs.is_dir() else []
    return [_times_of(RunFolder(folder)) for folder in folders]


def stage_times(runs: Sequence[RunTimes], recipe: str) -> Mapping[int, float]:
    """Seconds by number, of the newest run of a recipe that did the stage; empty if none did."""
    found: dict[int, float] = {}
    for run in runs:
        if run.recipe == recipe:
            found = {**run.seconds, **found}
    return found


def _times_of(run: RunFolder) -> RunTimes:
    """From the events of these kinds; what else is in a journal may be very much, and is not decoded."""
    from installer.core.runs.events import Progress, RunStarted, StageFinished, from_json
    from installer.disk.log_file import LogFile

    times, file = RunTimes(), LogFile(run.journal)
    done: dict[tuple[int, str], int] = {}
    while chunk := file.grow():
        for found in _TOLD.finditer(b"\n" + chunk):
            entry = from_json(found[1].decode("utf-8", "replace"))
            match entry.event if entry else None:
                case RunStarted(recipe=recipe):
                    times.recipe = recipe
                case Progress(stage=stage, subject=subject, done=bytes_):
                    done[stage, subject] = bytes_
                case StageFinished(stage=stage, status=StageStatus.DONE, seconds=seconds):
                    times.seconds[stage] = seconds
    for (stage, _), bytes_ in done.items():
        times.fetched[stage] = times.fetched.get(stage, 0) + bytes_
    return times
