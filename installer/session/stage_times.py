"""How long the stages of a recipe took in this home, as its runs wrote it down. Foretells nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from installer.core.outcomes import StageStatus
from installer.core.runs.events import Entry, RunStarted, StageFinished, from_json
from installer.core.runs.home import Home, RunFolder
from installer.disk.log_file import LogFile

_NEWEST = 8
"""Runs that are looked at: the newest ones."""
_TOLD = re.compile(rb'\n(\{"event":"(?:run-started|stage-finished)",[^\n]*)')


def stage_times(home: Home, recipe: str) -> Mapping[int, float]:
    """Seconds by number, of the newest run that did the stage; empty where none did."""
    found: dict[int, float] = {}
    folders = sorted(home.runs.iterdir(), reverse=True)[:_NEWEST] if home.runs.is_dir() else []
    for folder in folders:
        for number, seconds in _done(RunFolder(folder), recipe):
            found.setdefault(number, seconds)
    return found


def _done(run: RunFolder, recipe: str) -> Iterator[tuple[int, float]]:
    for entry in _told(run):
        if isinstance(entry.event, RunStarted) and entry.event.recipe != recipe:
            return
        if isinstance(entry.event, StageFinished) and entry.event.status == StageStatus.DONE:
            yield entry.event.stage, entry.event.seconds


def _told(run: RunFolder) -> Iterator[Entry]:
    """The events of these kinds; what else is in a journal may be very much, and is not decoded."""
    file = LogFile(run.journal)
    while chunk := file.grow():
        for found in _TOLD.finditer(b"\n" + chunk):
            if entry := from_json(found[1].decode("utf-8", "replace")):
                yield entry
