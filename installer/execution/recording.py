"""Writes down what a terminal showed of a run (asciicast v3), without secrets and within a bound.

The screen or console that shows the run writes it, one at a time. A failed write ends the recording, not the run.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from installer.core.errors import DamagedError
from installer.core.runs import cast
from installer.core.secrets import Redactor
from installer.core.secrets.fragments import Fragments
from installer.core.text.ansi_row import changed
from installer.disk.reading import open_own

LIMIT = 4_000_000
"""Bytes of one recording."""
_RESERVE = 400_000
"""Of these, kept for the marks and for how it ended."""
PAUSE_S = 1.0
_SHARE = 0.01
"""Pictures of a screen come at least so far apart, as a share of the time so far: a long run costs no more than a
short one many times over."""
_CLEARED = "\x1b[?25l\x1b[2J"
_FULL = "[The recording is full; the rest is in the journal and the logs.]"

Secrets = Callable[[], Sequence[str]]
Size = tuple[int, int]
"""Columns and rows."""


class Recording:
    """Appends to the recording of one run; does nothing if someone else writes it."""

    def __init__(
        self, file: Path, title: str, size: Size, secrets: Secrets, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock, self._secrets = clock, secrets
        self._began = self._last = clock()
        self._shown: list[str] = []
        self._size, self._pictured, self._full = size, 0.0, False
        self._known: tuple[str, ...] | None = None
        self._clean: Callable[[str], str] = str
        self._handle: int | None = None
        with suppress(OSError, DamagedError):
            self._begin(file, title)

    @property
    def due(self) -> bool:
        """Whether it is time for the next picture of a screen."""
        now = self._clock()
        return self._handle is not None and now - self._pictured >= max(PAUSE_S, _SHARE * (now - self._began))

    def picture(self, rows: Sequence[str], size: Size, *, last: bool = False) -> None:
        """What a screen shows: all its rows, with their colours. Those that changed are written."""
        self._pictured = self._clock()
        new = size != self._size or not self._shown
        if size != self._size:
            self._put(cast.SIZE, f"{size[0]}x{size[1]}", needed=True)
            self._size = size
        before = [""] * len(rows) if new or len(self._shown) != len(rows) else self._shown
        self._shown = list(rows)
        self._update_redaction()
        pieces = [
            f"\x1b[{number};1H\x1b[0m\x1b[K{self._clean(row)}\x1b[0m"
            for number, (row, old) in enumerate(zip(rows, before, strict=True), 1)
            if row != old or new
        ]
        if pieces and not self._put(cast.OUTPUT, (_CLEARED if new else "") + "".join(pieces), needed=last):
            self._shown = []  # the next one must be whole

    def line(self, text: str) -> None:
        """What a console printed."""
        self._update_redaction()
        self._put(cast.OUTPUT, "".join(f"{self._clean(line)}\r\n" for line in text.split("\n")))

    def redrawn(self, text: str) -> None:
        """A console's line of progress, over the one before."""
        if self.due:
            self._pictured = self._clock()
            self._update_redaction()
            self._put(cast.OUTPUT, f"\r\x1b[K{self._clean(text)}\r")

    def mark(self, name: str) -> None:
        self._put(cast.MARK, name, needed=True)
        self._pictured = 0.0

    def end(self, status: int) -> None:
        """The last of it: the exit status."""
        self._put(cast.EXIT, str(status), needed=True)

    def close(self) -> None:
        if self._handle is not None:
            with suppress(OSError):
                os.close(self._handle)
            self._handle = None

    def _begin(self, file: Path, title: str) -> None:
        there = os.path.lexists(file)
        flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        handle = open_own(file, flags) if there else os.open(file, flags | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = os.fstat(handle)
        except OSError:
            os.close(handle)
            raise
        self._handle = handle
        if not status.st_size:
            self._write(cast.header(*self._size, self._began, title))
            return
        self._last = min(self._last, status.st_mtime)
        if os.pread(handle, 1, status.st_size - 1) != b"\n":
            self._write("")
        self._put(cast.SIZE, f"{self._size[0]}x{self._size[1]}", needed=True)

    def _update_redaction(self) -> None:
        """Take out what is a secret by now."""
        known: tuple[str, ...] = self._known or ()
        with suppress(OSError, DamagedError):
            known = tuple(self._secrets())
        if known != self._known:
            redactor, fragments = Redactor(known), Fragments(known)
            self._known = known
            self._clean = lru_cache(512)(lambda row: changed(row, lambda text: fragments.text(redactor.text(text))))

    def _put(self, kind: str, text: str, *, needed: bool = False) -> bool:
        if self._handle is None or (self._full and not needed):
            return False
        now = self._clock()
        line = cast.event(now - self._last, kind, text)
        with suppress(OSError):
            size = os.fstat(self._handle).st_size + len(line)
            if size > (LIMIT if needed else LIMIT - _RESERVE):
                return self._stop_short()
            self._write(line)
            self._last = now
            return True
        self.close()
        return False

    def _stop_short(self) -> bool:
        if not self._full:
            self._full = True
            self._put(cast.OUTPUT, f"\r\n{_FULL}\r\n", needed=True)
        return False

    def _write(self, line: str) -> None:
        if self._handle is not None:
            rest = memoryview(f"{line}\n".encode("utf-8", "backslashreplace"))
            while rest:
                rest = rest[os.write(self._handle, rest) :]
