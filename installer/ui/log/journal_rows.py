"""A run's journal as the rows of its log. Output is indexed without being decoded; everything else is decoded once.

Taken in by one thread (`take`), read by another: rows are published by their last column.
"""

from __future__ import annotations

import json
from array import array
from itertools import islice
from pathlib import Path

from installer.core.runs.events import Entry, RollbackStarted, from_json
from installer.disk.log_file import LogFile, Until
from installer.ui.log.event_text import lines_of
from installer.ui.log.line import ALL, Line, levels_of
from installer.ui.log.rows import Hint

_OUTPUT = b'{"event":"output",'
_STAGE = b'"stage":'
_TEXT = b'"text":"'
_OTHER = 255
_KEPT = 4096
"""Rows that are kept decoded."""


class _StageNumbers(dict[bytes, int]):
    """By the third value of a line of output, as it is written there."""

    def __missing__(self, written: bytes) -> int:
        number = written.removeprefix(_STAGE)
        self[written] = int(number) if number != written and number.isdigit() and 0 < int(number) < _OTHER else _OTHER
        return self[written]


class JournalRows:
    """The rows of one journal, as far as it was taken in."""

    def __init__(self, path: Path, until: Until | None = None) -> None:
        self._file = LogFile(path, until)
        self._numbers = _StageNumbers()
        self._lines = array("I")
        """Which line of the journal a row comes from."""
        self._parts = bytearray()
        """Which of the texts of its event it is."""
        self._stages = bytearray()
        self._levels = bytearray()
        self._decoded: dict[int, Line] = {}
        self.undoing: dict[int, int] = {}
        """The row from which on a stage was taken back, by stage."""

    def __len__(self) -> int:
        return len(self._levels)

    def take(self) -> list[Entry] | None:
        """Take in the next piece: its entries without the output, and the last of all; `None` where there is none."""
        base = len(self._file)
        lines = self._file.grow()
        if not lines:
            return None
        numbers = self._numbers
        kinds = bytes(
            numbers[line.split(b",", 3)[2]] if line.startswith(_OUTPUT) and line.endswith(b'"}') else _OTHER
            for line in lines
        )
        levels = levels_of(lines)
        entries, done = [], 0
        while (other := kinds.find(_OTHER, done)) >= 0:
            self._add_output(base, done, other, kinds, levels)
            entry = from_json(lines[other].decode("utf-8", "replace"))
            if entry is not None:
                entries.append(entry)
                if isinstance(entry.event, RollbackStarted):
                    self.undoing.setdefault(entry.event.stage, len(self))
                self._add(base + other, lines_of(entry))
            done = other + 1
        self._add_output(base, done, len(lines), kinds, levels)
        if done < len(lines) and (last := from_json(lines[-1].decode("utf-8", "replace"))):
            entries.append(last)
        return entries

    def row(self, number: int) -> Line:
        if number not in self._decoded:
            if len(self._decoded) >= _KEPT:
                for old in list(islice(self._decoded, _KEPT // 2)):
                    del self._decoded[old]
            self._decoded[number] = self._read(number)
        return self._decoded[number]

    def texts(self, first: int, count: int, raw: Hint | None = None) -> list[str]:
        last = min(first + count, len(self))
        if last <= first:
            return []
        begin = self._lines[first]
        found = self._file.lines(begin, self._lines[last - 1] - begin + 1)
        pure = last - first == len(found)  # one row a line: output, or what reads the same
        if raw is not None and pure and not raw(b"\n".join(found)):
            return []
        return [self._text(found[self._lines[number] - begin], number) for number in range(first, last)]

    def of_stage(self, number: int) -> int:
        return self._stages[number]

    def level(self, number: int) -> int:
        return self._levels[number]

    def _text(self, line: bytes, number: int) -> str:
        if line.startswith(_OUTPUT) and (at := line.find(_TEXT)) > 0 and line.endswith(b'"}'):
            text = line[at + len(_TEXT) : -2]
            return text.decode("utf-8", "replace") if b"\\" not in text else str(json.loads(b'"' + text + b'"'))
        return self.row(number).text

    def _read(self, number: int) -> Line:
        found = self._file.lines(self._lines[number], 1)
        entry = from_json(found[0].decode("utf-8", "replace")) if found else None
        said = lines_of(entry) if entry else []
        part = self._parts[number]
        return said[part] if part < len(said) else Line(None, "")

    def _add_output(self, base: int, begin: int, end: int, kinds: bytes, levels: bytearray) -> None:
        if begin < end:
            self._lines.extend(range(base + begin, base + end))
            self._parts.extend(bytes(end - begin))
            self._stages.extend(kinds[begin:end])
            self._levels.extend(levels[begin:end])

    def _add(self, number: int, said: list[Line]) -> None:
        for part, line in enumerate(said[:255]):
            self._lines.append(number)
            self._parts.append(part)
            self._stages.append(line.stage if line.stage is not None and line.stage < _OTHER else ALL)
            self._levels.append(line.level)
