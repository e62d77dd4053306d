"""A text file by the numbers of its lines, read while it grows. Keeps places, never the text.

One thread calls `grow`; any thread may ask for lines at the same time, because what is known only grows at its end.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

from installer.disk.reading import open_own

CHUNK_BYTES = 1 << 20
"""Taken in at one go: some thousand lines, some milliseconds."""
Until = Callable[[], int]
"""How many bytes of a file there are as far as somebody is concerned: it is read up to there."""


class LogFile:
    """Where each line of one file begins."""

    def __init__(self, path: Path, until: Until | None = None) -> None:
        self._path = path
        self._until = until
        self._starts = array("Q", [0])
        self._file: int | None = None

    def __len__(self) -> int:
        return len(self._starts) - 1

    def grow(self) -> list[bytes]:
        """The next whole lines, without their ends; empty where there are no more for now. Raises `DamagedError`."""
        chunk = self._read(self._starts[-1], self._most())
        whole = chunk.rfind(b"\n") + 1
        if not whole and len(chunk) == CHUNK_BYTES:
            chunk, whole = self._long_line(chunk)
        if not whole:
            return []
        lines = chunk[: whole - 1].split(b"\n")
        begin = self._starts[-1]
        self._starts.extend(begin + end for end in accumulate(len(line) + 1 for line in lines))
        return lines

    def _most(self) -> int:
        return CHUNK_BYTES if self._until is None else max(0, min(CHUNK_BYTES, self._until() - self._starts[-1]))

    @property
    def emptied(self) -> bool:
        """Whether the file is shorter than what was read of it."""
        return self._starts[-1] > 0 and self._size() < self._starts[-1]

    def lines(self, first: int, count: int) -> list[bytes]:
        """Lines `first` and after it, as many as there are, at most `count`."""
        last = min(first + count, len(self))
        if last <= first:
            return []
        begin, end = self._starts[first], self._starts[last]
        return self._read(begin, end - begin).split(b"\n")[: last - first]

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __del__(self) -> None:
        self.close()

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
        while more := self._read(self._starts[-1] + len(chunk), CHUNK_BYTES):
            chunk += more
            if b"\n" in more:
                break
        return chunk, chunk.find(b"\n") + 1
