"""Which lines of a log name a warning or an error. Looked for some at a time, behind what was taken in.

One thread looks (`step`), any thread asks: lines are published by `known`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from installer.disk.log_file import LogFile
from installer.ui.log.line import PLAIN, levels_in

_STEP = 4000
"""Lines that are looked at in one go: some milliseconds."""


class LevelIndex:
    def __init__(self, file: LogFile) -> None:
        self._file = file
        self._lines = array("I")
        self._levels = bytearray()
        self.known = 0
        """Lines before this one were looked at."""

    def step(self) -> bool:
        """Look at the next lines; whether there were any."""
        count = min(_STEP, len(self._file) - self.known)
        if count <= 0:
            return False
        for number, level in levels_in(self._file.raw(self.known, count)):
            self._levels.append(level)
            self._lines.append(self.known + number)
        self.known += count
        return True

    def level(self, line: int) -> int:
        at = bisect_left(self._lines, line)
        return self._levels[at] if at < len(self._lines) and self._lines[at] == line else PLAIN

    def between(self, first: int, end: int, level: int) -> Iterator[int]:
        """The lines from `first` to before `end` that are at least so grave."""
        at, last = bisect_left(self._lines, first), bisect_left(self._lines, end)
        return (self._lines[number] for number in range(at, last) if self._levels[number] >= level)
