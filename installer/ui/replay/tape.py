"""A journal as something to play: how much of the file had been written at each moment, and its stages as marks.

Reads the file once, a line at a time, and keeps no text of it.
"""

from __future__ import annotations

import os
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from installer.core.errors import UsageError
from installer.core.runs.events import RollbackStarted, RunFinished, RunStarted, StageStarted, from_json
from installer.core.runs.home import RunFolder
from installer.core.text.languages import _
from installer.disk.reading import open_own

_AT = re.compile(rb'^\{"event":"([a-z-]{1,40})","at":(\d{1,12}(?:\.\d{1,6})?)[,}]')
_TOLD = {b"run-started", b"stage-started", b"rollback-started", b"run-finished"}
_TOGETHER_S = 0.02


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to jump to."""

    at: float
    """Seconds since the beginning."""
    name: str
    stage: int | None = None
    failure: bool = False


@dataclass(frozen=True, slots=True)
class Tape:
    run: RunFolder
    began: float
    """Seconds since the epoch."""
    times: array[float]
    ends: array[int]
    """How long the file was at these times."""
    marks: tuple[Mark, ...]

    @property
    def seconds(self) -> float:
        return self.times[-1] - self.began

    def bytes_at(self, seconds: float) -> int:
        """How long the file was so many seconds after the beginning."""
        found = bisect_right(self.times, self.began + seconds + _TOGETHER_S / 10)
        return self.ends[found - 1] if found else 0

    def failure(self) -> Mark | None:
        return next((mark for mark in self.marks if mark.failure), None)

    def place(self, name: str) -> float:
        """Where a stage begins, by its number or name, or where the run failed. Raises `UsageError`."""
        return place_of(self.marks, name)


def place_of(marks: Sequence[Mark], name: str) -> float:
    """Where a stage begins, by its number or name, or where the run failed. Raises `UsageError`."""
    failed = next((mark for mark in marks if mark.failure), None)
    if name == "failure" and failed:
        return failed.at
    found = next((m for m in marks if m.stage and name in (str(m.stage), m.name.partition(" ")[2])), None)
    if found is None:
        known = ", ".join(mark.name.replace(" ", " or ", 1) for mark in marks if mark.stage)
        what = (
            _("This run did not fail.")
            if name == "failure"
            else _("This run has no stage {name!r}.").format(name=name[:40])
        )
        raise UsageError(
            what,
            _("It began the stages {known}.").format(known=known or "none"),
            _("Name one of these, or leave out --from."),
        )
    return found.at


def tape_of(run: RunFolder) -> Tape:
    """Raises `UsageError` if the journal contains no event, `FileNotFoundError` if there is none."""
    times, ends, raw_marks = array("d"), array("Q"), list[tuple[float, bytes]]()
    end, now = 0, 0.0
    with os.fdopen(open_own(run.journal), "rb") as journal:
        for line in journal:
            end += len(line)
            match = _AT.match(line)
            if match is None or not line.endswith(b"\n"):
                continue
            now = max(now, float(match[2]))  # a clock may have been set back
            if match[1] in _TOLD:
                raw_marks.append((now, line))
            if times and now - times[-1] < _TOGETHER_S:
                ends[-1] = end
            else:
                times.append(now)
                ends.append(end)
    if not times:
        raise UsageError(
            _("{journal} contains nothing to play.").format(journal=run.journal),
            _("No line of it is an event of a run."),
            _("Name another run."),
        )
    return Tape(run, times[0], times, ends, tuple(_marks(raw_marks, times[0])))


def _marks(raw_marks: list[tuple[float, bytes]], began: float) -> Iterator[Mark]:
    """Of a stage that failed, where it began to be rolled back: what came after is about another matter."""
    undone: dict[int | None, float] = {}
    for now, line in raw_marks:
        at, entry = now - began, from_json(line.decode("utf-8", "replace"))
        match entry.event if entry else None:
            case RunStarted() as event:
                yield Mark(at, event.recipe)
            case StageStarted() as event:
                yield Mark(at, f"{event.stage} {event.name}", event.stage)
            case RollbackStarted() as event:
                undone[event.stage] = at
            case RunFinished(state="failed") as event:
                name = _("failed in stage {stage}").format(stage=event.stage) if event.stage else "failed"
                yield Mark(undone.get(event.stage, at), name, failure=True)
            case RunFinished() as event:
                yield Mark(at, event.state)
