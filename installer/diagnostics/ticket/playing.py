"""The journal of a ticket: what a run's screen can be folded from again. Output is what the ticket keeps of the logs.

The same lines as in `logs/`, cleaned once, so that the two never differ. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from installer.core.runs.events import Entry, OutputLine, ProcessStarted, Progress, to_json
from installer.diagnostics.ticket.log_excerpts import Piece

_APART_S = 1.0
"""Progress of one thing is kept so far apart, and where it is complete."""
Logs = Mapping[str, Sequence[Piece]]


def playable(entries: Sequence[Entry], logs: Logs, clean: Callable[[str], str]) -> Iterator[str]:
    """The lines of the journal. `clean` takes one line as JSON and gives it back without secrets and names."""
    last_shown: dict[tuple[int, str], float] = {}
    kept = {stage: _kept(logs.get(f"stage-{stage:02d}.log", ())) for stage in range(1, 100)}
    counted = dict.fromkeys(kept, 0)
    for entry in entries:
        match entry.event:
            case OutputLine() as event:
                counted[event.stage] = number = counted.get(event.stage, 0) + 1
                text = kept.get(event.stage, {}).get(number)
                if text is not None:
                    yield to_json(replace(entry, event=OutputLine(event.stage, text)))
            case Progress() as event if entry.at - last_shown.get((event.stage, event.subject), -_APART_S) < _APART_S:
                if event.done == event.total:
                    yield clean(to_json(entry))
            case ProcessStarted():
                continue
            case event:
                if isinstance(event, Progress):
                    last_shown[event.stage, event.subject] = entry.at
                yield clean(to_json(entry))


def cleaning(value: Callable[[object], object]) -> Callable[[str], str]:
    """A line of a journal through what cleans a document."""
    return lambda line: json.dumps(value(json.loads(line)), ensure_ascii=False, separators=(",", ":"))


def _kept(pieces: Sequence[Piece]) -> dict[int, str]:
    """Lines by their number; the one before a gap tells it."""
    lines = {number: line for piece in pieces for number, line in enumerate(piece.lines, piece.first)}
    following = 1
    for piece in pieces:
        if piece.first > following:
            lines[following] = f"[… lines {following:,} to {piece.first - 1:,} are left out …]"
        following = piece.first + len(piece.lines)
    return lines
