"""A plain log file (a stage's, the server's) as rows; all of it was written by others."""

from __future__ import annotations

from pathlib import Path

from installer.disk.log_file import LogFile
from installer.ui.log.line import ALL, Line, level_of, levels_of
from installer.ui.log.rows import Hint
from installer.ui.plain import plain


class FileRows:
    """The lines of one file, as far as it was taken in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = LogFile(path)
        self._levels = bytearray()

    def __len__(self) -> int:
        return len(self._levels)

    def take(self) -> bool:
        """Take in the next piece; whether there was one. A log that was emptied begins anew."""
        if self._file.emptied:
            self._file, self._levels = LogFile(self._path), bytearray()
        lines = self._file.grow()
        self._levels.extend(levels_of(lines))
        return bool(lines)

    def row(self, number: int) -> Line:
        found = self._file.lines(number, 1)
        text = found[0].decode("utf-8", "replace") if found else ""
        return Line(None, plain(text), level=level_of(text))

    def texts(self, first: int, count: int, raw: Hint | None = None) -> list[str]:
        found = self._file.lines(first, min(count, max(0, len(self) - first)))
        if raw is not None and not raw(b"\n".join(found)):
            return []
        return [line.decode("utf-8", "replace") for line in found]

    def of_stage(self, number: int) -> int:
        return ALL

    def level(self, number: int) -> int:
        return self._levels[number]
