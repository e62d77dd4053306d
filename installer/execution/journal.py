"""The memory of a run: one JSON line per event, written before the deed, then passed on. Never decides anything."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from installer.core.runs.events import (
    Deed,
    Entry,
    Event,
    GenerationSwitched,
    OutputLine,
    RunFinished,
    entries,
    from_json,
    to_json,
    without_secrets,
)  # fmt: skip
from installer.core.runs.home import RunFolder
from installer.core.secrets import Lines, Redactor
from installer.disk.reading import LARGE, open_own, read_own
from installer.disk.writing import sync_folder

Sink = Callable[[Entry], None]
_END = 65536
"""The last bytes of a journal, which contain the end of a run."""
_RESERVE = 16_384
"""Bytes that are put by for the end of a run on a full volume."""
_DEEDS = (Deed, GenerationSwitched, RunFinished)
"""What must be on the disk itself, not only on its way there, before we continue."""


class Journal:
    """Appends events to a run's journal, safely from several threads.

    A volume that cannot be written raises `OSError` once, so that the run ends; room is put by for how it ended.
    """

    def __init__(self, run: RunFolder, *, redactor: Redactor | None = None, sink: Sink | None = None) -> None:
        run.root.mkdir(parents=True, exist_ok=True)
        self._run = run
        self._redactor = redactor or Redactor()
        self._lines: dict[int | None, Lines] = {}
        self._sink = sink
        self._guard = threading.Lock()
        self._file = _opened(run.journal)
        self._failed = False
        self._reserve = run.root / "reserve"
        with suppress(OSError):
            self._reserve.write_bytes(b"." * _RESERVE)
        sync_folder(run.root)

    def append(self, event: Event) -> None:
        """Write one event, then pass it on."""
        with self._guard:
            # Before anything is encoded: what comes after that would have to know every way of writing a string.
            event = without_secrets(event, self._redactor, self._lines_of(event))
            entry = Entry(time.time(), event)
            line = to_json(entry)
            self._write(line, event)
            if self._sink:
                self._sink(from_json(line) or entry)

    def _lines_of(self, event: Event) -> Lines:
        stage = event.stage if isinstance(event, OutputLine) else None
        return self._lines.setdefault(stage, Lines(self._redactor))

    def _write(self, line: str, event: Event) -> None:
        try:
            _put(self._file, line)
            if isinstance(event, _DEEDS):
                os.fsync(self._file)
            if isinstance(event, OutputLine):
                with self._run.log(event.stage).open("ab") as log:
                    _put(log.fileno(), event.text)
        except OSError:
            with suppress(OSError):
                self._reserve.unlink(missing_ok=True)
                os.write(self._file, b"\n")
                if isinstance(event, RunFinished):
                    _put(self._file, line)
            if not self._failed:
                self._failed = True
                raise

    def close(self) -> None:
        os.close(self._file)
        with suppress(OSError):
            self._reserve.unlink(missing_ok=True)


def _put(handle: int, line: str) -> None:
    rest = memoryview(f"{line}\n".encode("utf-8", "backslashreplace"))
    while rest:
        rest = rest[os.write(handle, rest) :]


def _opened(file: Path) -> int:
    """The journal, open at its end: what was torn there ends here, so that it does not swallow what comes next."""
    handle = open_own(file, os.O_RDWR | os.O_APPEND) if os.path.lexists(file) else _new(file)
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        os.write(handle, b"\n")
    return handle


def _new(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)


def read(file: Path) -> list[Entry]:
    """All entries of a journal; what is torn (a killed process, a power cut) is left out. Raises `DamagedError`."""
    return entries(read_own(file, LARGE) or b"")[0]


def ended(file: Path) -> bool:
    """Whether a journal has the end of its run. Raises `DamagedError`."""
    with os.fdopen(open_own(file), "rb") as journal:
        journal.seek(max(0, os.fstat(journal.fileno()).st_size - _END))
        return any(isinstance(entry.event, RunFinished) for entry in entries(journal.read(_END))[0])
