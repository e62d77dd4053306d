"""The rows of a journal that are not output, and with them which row each line of it begins.

A line of output is one row; any other line may be several, or none. One thread adds, any thread asks.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from installer.ui.log.line import PLAIN


class EventRows:
    def __init__(self) -> None:
        self._lines = array("I")
        self._rows = array("I")
        """The first row of each of these lines, or the one that comes next where it has none."""
        self._parts = bytearray()
        self._with_level = array("I")
        self._levels = bytearray()

    def add(self, line: int, row: int, levels: Sequence[int]) -> None:
        """A line, the row that it begins, and how grave each of its rows is."""
        for part, level in enumerate(levels):
            if level != PLAIN:
                self._levels.append(level)
                self._with_level.append(row + part)
        self._lines.append(line)
        self._parts.append(len(levels))
        self._rows.append(row)  # last, because anyone who reads looks here first

    def place(self, row: int) -> tuple[int, int]:
        """Which line a row comes from, and which of the texts of that it is."""
        at = bisect_right(self._rows, row) - 1
        if at < 0:
            return row, 0
        part = row - self._rows[at]
        if part < self._parts[at]:
            return self._lines[at], part
        return self._lines[at] + 1 + part - self._parts[at], 0

    def row_of(self, line: int) -> int:
        """The first row of a line, or the one that comes next."""
        at = bisect_right(self._lines, line) - 1
        if at < 0:
            return line
        if self._lines[at] == line:
            return self._rows[at]
        return self._rows[at] + self._parts[at] + line - self._lines[at] - 1

    def contains(self, line: int) -> bool:
        return self.any_between(line, line + 1)

    def any_between(self, line: int, end: int) -> bool:
        at = bisect_left(self._lines, line)
        return at < len(self._lines) and self._lines[at] < end

    def between(self, first: int, end: int) -> Iterator[int]:
        """The rows from `first` to before `end` that come from these lines."""
        for at in range(max(0, bisect_right(self._rows, first) - 1), bisect_left(self._rows, end)):
            yield from range(max(first, self._rows[at]), min(end, self._rows[at] + self._parts[at]))

    def of_level(self, first: int, end: int, level: int) -> Iterator[int]:
        """The rows from `first` to before `end` that are at least so grave."""
        at, last = bisect_left(self._with_level, first), bisect_left(self._with_level, end)
        return (self._with_level[number] for number in range(at, last) if self._levels[number] >= level)
