"""A plain log file (a stage's, the server's) as rows; all of it was written by others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from installer.disk.log_file import LogFile
from installer.ui.log.level_index import LevelIndex
from installer.ui.log.line import PLAIN, Line, level_of
from installer.ui.log.rows import Hint, Span
from installer.ui.plain import plain


class FileRows:
    """The lines of one file, as far as it was taken in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = LogFile(path)
        self._level_index = LevelIndex(self._file)

    def __len__(self) -> int:
        return len(self._file)

    @property
    def scanned(self) -> int:
        return self._level_index.known

    def take(self) -> bool:
        """Take in the next piece; whether there was one. A log that was emptied begins again."""
        if self._file.emptied:
            self._file = LogFile(self.path)
            self._level_index = LevelIndex(self._file)
        return bool(self._file.grow())

    def scan(self) -> bool:
        """See how grave the next rows are; whether there were any."""
        return self._level_index.step()

    def row(self, number: int) -> Line:
        found = self._file.lines(number, 1)
        text = found[0].decode("utf-8", "replace") if found else ""
        return Line(None, plain(text), level=level_of(text))

    def texts(self, first: int, count: int) -> list[str]:
        return [line.decode("utf-8", "replace") for line in self._file.lines(first, count)]

    def likely(self, first: int, count: int, hint: Hint) -> Iterator[tuple[int, str]]:
        for number, line in hint(self._file.raw(first, count)):
            yield first + number, line.decode("utf-8", "replace")

    def spans(self, stage: int, level: int, first: int, end: int) -> Iterator[Span]:
        """No stage is told apart: these lines are all of one program."""
        if level != PLAIN:
            yield from ((line, line + 1) for line in self._level_index.between(first, end, level))
        elif first < end:
            yield first, end
