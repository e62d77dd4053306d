"""The files next to a script that it names (`requirements.txt`, `common.sh`). Never reads outside its folder."""

from __future__ import annotations

import posixpath
from pathlib import Path

LIMIT = 3_000_000
"""Bytes of one file."""
COUNT = 30
"""Files of one script."""


class SiblingFiles:
    """Reads by paths relative to the folder; absolute ones and those that lead out of it are not known."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder.resolve() if folder else None
        self._read: dict[str, str | None] = {}

    def __call__(self, path: str) -> str | None:
        path = posixpath.normpath(path)
        if self._folder is None or path.startswith(("/", "~", "..")) or "\0" in path:
            return None
        if path not in self._read:
            self._read[path] = self._text(self._folder / path) if len(self._read) < COUNT else None
        return self._read[path]

    def _text(self, path: Path) -> str | None:
        try:
            found = path.resolve()
            if self._folder not in found.parents or not found.is_file() or found.stat().st_size > LIMIT:
                return None
            return found.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError, RuntimeError):
            return None
