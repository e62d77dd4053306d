"""A run's journal as the rows of its log. Output is counted and not looked at; everything else is decoded once.

Taken in by one thread (`take`, `scan`), read by any: rows are published by the stretches of their stages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from pathlib import Path

from installer.core.runs.events import Entry, RollbackStarted, from_json
from installer.disk.log_file import LogFile, Until
from installer.ui.log.event_rows import EventRows
from installer.ui.log.event_text import lines_of
from installer.ui.log.level_index import LevelIndex
from installer.ui.log.line import ALL, PLAIN, Line
from installer.ui.log.output import END, OTHER, OUTPUT, PROGRESS, TEXT, pieces
from installer.ui.log.rows import Hint, Span
from installer.ui.log.stage_runs import StageRuns

_KEPT = 4096
"""Rows that are kept decoded."""


class JournalRows:
    """The rows of one journal, as far as it was taken in."""

    def __init__(self, path: Path, until: Until | None = None) -> None:
        self._file = LogFile(path, until)
        self._level_index = LevelIndex(self._file)
        self._events = EventRows()
        self._stages = StageRuns()
        self._decoded: dict[int, Line] = {}
        self.undoing: dict[int, int] = {}
        """The row from which on a stage was rolled back, by stage."""

    def __len__(self) -> int:
        return len(self._stages)

    @property
    def scanned(self) -> int:
        return min(len(self), self._events.row_of(self._level_index.known))

    def take(self) -> list[Entry] | None:
        """Take in the next piece: its entries without the output, and the last of all; `None` if there is none."""
        line, chunk = len(self._file), self._file.grow()
        if not chunk:
            return None
        entries, fetched, stage = [], _Fetched(), OTHER
        for stage, count, text in pieces(chunk):
            if stage != OTHER:
                self._stages.add(stage, count)
            elif text.startswith(PROGRESS):
                fetched.take(text)
                self._events.add(line, len(self), ())
            else:
                entry = entry_of(text)
                entries += [*fetched.entries(), *([entry] if entry else [])]
                self._add(line, entry)
            line += count
        newest = entry_of(chunk[chunk.rfind(b"\n", 0, -1) + 1 : -1]) if stage != OTHER else None
        return [*entries, *fetched.entries(), *([newest] if newest else [])]

    def scan(self) -> bool:
        """See how grave the next rows are; whether there were any."""
        return self._level_index.step()

    def row(self, number: int) -> Line:
        if number not in self._decoded:
            if len(self._decoded) >= _KEPT:
                for old in list(islice(self._decoded, _KEPT // 2)):
                    del self._decoded[old]
            self._decoded[number] = self.read(number)
        return self._decoded[number]

    def read(self, number: int) -> Line:
        """The same, for any thread: keeps nothing."""
        line, part = self._events.place(number)
        found = self._file.lines(line, 1)
        entry = entry_of(found[0]) if found else None
        lines = lines_of(entry) if entry else []
        return lines[part] if part < len(lines) else Line(None, "")

    def texts(self, first: int, count: int) -> list[str]:
        last = min(first + count, len(self))
        if last <= first:
            return []
        begin, end = self._lines(first, last)
        lines = self._file.lines(begin, end - begin)
        if not self._events.any_between(begin, end):
            return [self._text(line, first + at) for at, line in enumerate(lines)]
        return [self._text(lines[self._events.place(number)[0] - begin], number) for number in range(first, last)]

    def likely(self, first: int, count: int, hint: Hint) -> Iterator[tuple[int, str]]:
        """The words of an event are in no line of the file as they are shown, so every event may match."""
        last = min(first + count, len(self))
        if last <= first:
            return
        begin, end = self._lines(first, last)
        found = ((begin + number, line) for number, line in hint(self._file.raw(begin, end - begin)))
        output = ((self._events.row_of(line), text) for line, text in found if not self._events.contains(line))
        said = ((row, b"") for row in self._events.between(first, last))
        for row, text in merge(output, said):
            yield row, self._text(text, row)

    def spans(self, stage: int, level: int, first: int, end: int) -> Iterator[Span]:
        if level == PLAIN or first >= end:
            yield from self._stages.spans(stage, first, end)
            return
        begin, last = self._lines(first, end)
        said = self._level_index.between(begin, last, level)
        output = (self._events.row_of(line) for line in said if not self._events.contains(line))
        for row in merge(output, self._events.of_level(first, end, level)):
            if stage in (ALL, self._stages.of(row)):
                yield row, row + 1

    def _lines(self, first: int, end: int) -> Span:
        """The lines of the file that hold these rows."""
        return self._events.place(first)[0], self._events.place(end - 1)[0] + 1

    def _text(self, line: bytes, number: int) -> str:
        if line.startswith(OUTPUT) and (at := line.find(TEXT)) > 0 and line.endswith(END):
            text = line[at + len(TEXT) : -len(END)]
            return text.decode("utf-8", "replace") if b"\\" not in text else str(json.loads(b'"' + text + b'"'))
        return self.read(number).text

    def _add(self, line: int, entry: Entry | None) -> None:
        lines = lines_of(entry)[:255] if entry else []
        if entry is not None and isinstance(entry.event, RollbackStarted):
            self.undoing.setdefault(entry.event.stage, len(self))
        self._events.add(line, len(self), [each.level for each in lines])
        for each in lines:
            self._stages.add(each.stage if each.stage is not None and each.stage < OTHER else ALL)


class _Fetched:
    """Of what is said again and again about how much is fetched, the newest of each: the others change nothing."""

    def __init__(self) -> None:
        self._newest: dict[bytes, bytes] = {}

    def take(self, line: bytes) -> None:
        subject = line.partition(b',"stage":')[2].partition(b',"done":')[0]
        self._newest.pop(subject, None)
        self._newest[subject] = line

    def entries(self) -> list[Entry]:
        """Those that were taken since this was asked."""
        found = [entry for line in self._newest.values() if (entry := entry_of(line))]
        self._newest.clear()
        return found


def entry_of(line: bytes) -> Entry | None:
    return from_json(line.decode("utf-8", "replace"))
