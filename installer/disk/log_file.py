"""A text file by the numbers of its lines, read while it grows. Keeps where blocks of lines begin, never the text.

One thread calls `grow`; any thread may read lines at the same time, because what is known only grows at its end.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

from installer.disk.reading import open_own

CHUNK_BYTES = 1 << 18
"""Taken in at one go, and of what is kept together: some thousand lines."""
KEPT_BLOCKS = 16
"""Whose lines are known one by one, as they were requested last."""
Until = Callable[[], int]
"""How many bytes of a file there are as far as someone is concerned: it is read up to there."""


class LogFile:
    """Which lines each block of one file contains; where each line begins is looked up once one is requested."""

    def __init__(self, path: Path, until: Until | None = None) -> None:
        self._path = path
        self._until = until
        self._begins = array("Q", [0])
        """Of each block, in bytes; the last is the end of what was taken in."""
        self._firsts = array("Q", [0])
        """The number of the first line of each block; the last is the number of lines."""
        self._kept: dict[int, array[int]] = {}
        """Where the lines of a block begin, by block; what was requested last is last."""
        self._file: int | None = None

    def __len__(self) -> int:
        return self._firsts[-1]

    def grow(self) -> bytes:
        """The next whole lines, with their ends; empty if there are no more for now. Raises `DamagedError`."""
        begin = self._begins[-1]
        chunk = self._read(begin, self._most(begin))
        complete = chunk.rfind(b"\n") + 1
        if not complete and len(chunk) == CHUNK_BYTES:
            chunk, complete = self._long_line(chunk)
        if complete:
            self._add(chunk.count(b"\n", 0, complete), complete)
        return chunk[:complete]

    @property
    def emptied(self) -> bool:
        """Whether the file is shorter than what was read of it."""
        return self._begins[-1] > 0 and self._size() < self._begins[-1]

    def lines(self, first: int, count: int) -> list[bytes]:
        """Lines `first` and after it, as many as there are, at most `count`, without their ends."""
        found = self.raw(first, count)
        return found[:-1].split(b"\n") if found else []

    def raw(self, first: int, count: int) -> bytes:
        """The same in one piece, with their ends."""
        last = min(first + count, len(self))
        if last <= first:
            return b""
        begin = self._begin_of(first)
        return self._read(begin, self._begin_of(last) - begin)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __del__(self) -> None:
        self.close()

    def _add(self, lines: int, size: int) -> None:
        """To the last block while that is small, so that a log which grows line by line has few blocks as well."""
        begin, first = self._begins[-1] + size, self._firsts[-1] + lines
        if len(self._begins) > 1 and begin - self._begins[-2] <= CHUNK_BYTES:
            self._begins[-1] = begin
            self._firsts[-1] = first
        else:
            self._begins.append(begin)
            self._firsts.append(first)  # last, because anyone who reads looks here first

    def _begin_of(self, line: int) -> int:
        """Where a line begins, in bytes; of the number of lines: the end."""
        block = bisect_right(self._firsts, line) - 1
        if line == self._firsts[block]:
            return self._begins[block]
        return self._starts(block, line - self._firsts[block])[line - self._firsts[block]]

    def _starts(self, block: int, least: int) -> array[int]:
        """Where the lines of a block begin, at least so many beyond the first."""
        known = self._kept.pop(block, None)
        if known is None or len(known) <= least:
            begin = self._begins[block]
            lines = self._read(begin, self._begins[block + 1] - begin).split(b"\n")[:-1]
            known = array("Q", accumulate((len(line) + 1 for line in lines), initial=begin))
        while len(self._kept) >= KEPT_BLOCKS:
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[block] = known
        return known

    def _most(self, begin: int) -> int:
        return CHUNK_BYTES if self._until is None else max(0, min(CHUNK_BYTES, self._until() - begin))

    def _read(self, begin: int, size: int) -> bytes:
        if self._file is None:
            try:
                self._file = open_own(self._path)
            except FileNotFoundError:
                return b""
        return os.pread(self._file, size, begin)

    def _size(self) -> int:
        return os.fstat(self._file).st_size if self._file is not None else 0

    def _long_line(self, chunk: bytes) -> tuple[bytes, int]:
        """A line that is longer than a chunk, to its end; nothing yet where that is not written."""
        while more := self._read(self._begins[-1] + len(chunk), CHUNK_BYTES):
            chunk += more
            if b"\n" in more:
                break
        return chunk, chunk.find(b"\n") + 1
