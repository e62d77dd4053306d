"""How far the files of a model have come, reported a few times a second. Decides nothing about a download."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

Report = Callable[[str, int, "int | None"], None]
"""Takes a file's path, how many bytes of it are there, and how many it has."""
_TELL_EVERY_S = 0.25


class FileProgress:
    """Says how far one file has come, a few times a second."""

    def __init__(self, path: str, total: int | None, report: Report) -> None:
        self._path, self._total, self._report = path, total, report
        self._next = 0.0

    def at(self, done: int) -> None:
        if (now := time.monotonic()) >= self._next:
            self._next = now + _TELL_EVERY_S
            self._report(self._path, done, self._total)


class Meter:
    """The progress bar that the hub's client thinks it is drawing."""

    progress: FileProgress
    total: int | None = None

    def __init__(self, *_: Any, initial: int = 0, total: int | None = None, **__: Any) -> None:
        self.n = initial
        self.total = total
        self._lock = threading.Lock()
        self.progress.at(initial)

    def update(self, count: float | None = 1) -> None:
        with self._lock:
            self.n += int(count or 0)
            self.progress.at(self.n)

    def update_transfer(self, count: float | None = 1) -> None:
        """Bytes on the wire: fewer than bytes of the file, so not what is shown."""

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None: ...

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_args, **_words: None
