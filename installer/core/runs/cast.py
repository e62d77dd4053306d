"""A recording of a terminal as values: asciicast v3, the format of the usual player. Pure: no clock and no file.

One JSON line a header, then one an event: `[seconds since the one before, kind, text]`.
Source: https://docs.asciinema.org/manual/asciicast/v3/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from installer.core.files import foreign_json
from installer.core.runs.fold import RunView

OUTPUT, MARK, SIZE, EXIT = "o", "m", "r", "x"
_MOST_CELLS = 1000
_MOST_EVENTS = 300_000
_LONGEST_S = 1e8


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that a terminal showed, or a mark in it."""

    at: float
    """Seconds since the recording began."""
    kind: str
    """"o": text and its escape codes, "m": a mark with its name, "r": a new size, "x": an exit status."""
    text: str


@dataclass(frozen=True, slots=True)
class Cast:
    columns: int
    rows: int
    began: float
    """Seconds since the epoch; 0 if it is not said."""
    title: str
    events: tuple[Shown, ...]

    @property
    def seconds(self) -> float:
        return self.events[-1].at if self.events else 0.0

    @property
    def marks(self) -> list[Shown]:
        return [event for event in self.events if event.kind == MARK]


def header(columns: int, rows: int, began: float, title: str) -> str:
    """The first line, without its end."""
    body = {"version": 3, "term": {"cols": columns, "rows": rows}, "timestamp": int(began), "title": title}
    return json.dumps(body, ensure_ascii=False)


def event(interval: float, kind: str, text: str) -> str:
    """The line of one event, without its end."""
    return json.dumps([round(max(0.0, interval), 3), kind, text], ensure_ascii=False)


def written(cast: Cast) -> str:
    """The whole file."""
    lines, before = [header(cast.columns, cast.rows, cast.began, cast.title)], 0.0
    for one in cast.events:
        lines.append(event(one.at - before, one.kind, one.text))
        before = one.at
    return "\n".join((*lines, ""))


def parse(text: str) -> Cast:
    """A recording from its file; a torn line is left out. Raises `ValueError` if it is none."""
    first, *rest = text.split("\n")
    head = foreign_json.loads(first)
    if not isinstance(head, dict) or head.get("version") != 3:
        raise ValueError("its first line is not the header of asciicast version 3")
    term = head.get("term")
    columns, rows = (_cells(term.get(name)) for name in ("cols", "rows")) if isinstance(term, dict) else (80, 24)
    began, title = head.get("timestamp"), head.get("title")
    return Cast(
        columns, rows, float(began) if isinstance(began, (int, float)) else 0.0,
        title if isinstance(title, str) else "", tuple(_events(rest)),
    )  # fmt: skip


def marks(before: RunView, after: RunView) -> list[str]:
    """What a recording notes between two states of a run: each stage as it begins, and how the run ended."""
    known = {stage.number: stage.started_at for stage in before.stages}
    begun = [
        f"{stage.number} {stage.name}"
        for stage in after.stages
        if stage.started_at is not None and known.get(stage.number) != stage.started_at
    ]
    end = after.finished
    if end is None or before.finished is not None:
        return begun
    return [*begun, f"{end.state} in stage {end.stage}" if end.stage else end.state]


def _events(lines: list[str]) -> Iterator[Shown]:
    at = 0.0
    if len(lines) > _MOST_EVENTS:
        raise ValueError(f"it has more than {_MOST_EVENTS:,} events")
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        try:
            interval, kind, text = foreign_json.loads(line)
        except (ValueError, TypeError, RecursionError):
            continue  # torn: anyone who wrote it was killed
        if not isinstance(interval, (int, float)) or not 0 <= interval < _LONGEST_S or not isinstance(text, str):
            raise ValueError("a line of it is not an event")
        at += interval
        yield Shown(at, str(kind), text)


def _cells(value: Any) -> int:
    if isinstance(value, int) and 0 < value <= _MOST_CELLS:
        return value
    raise ValueError("its terminal size is not valid")
