"""The memory of a run: one JSON line per event, written before the deed, then handed on. Never decides anything."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from installer.core.runs.events import (
    Deed,
    Entry,
    Event,
    GenerationSwitched,
    OutputLine,
    RunFinished,
    from_json,
    to_json,
)
from installer.core.runs.home import RunFolder
from installer.core.text.secrets import redact

Sink = Callable[[Entry], None]
_DEEDS = (Deed, GenerationSwitched, RunFinished)
"""What must be on the disk itself, not only on its way there, before we go on."""


class Journal:
    """Appends events to a run's journal, safely from several threads."""

    def __init__(self, run: RunFolder, *, secrets: Iterable[str] = (), sink: Sink | None = None) -> None:
        run.root.mkdir(parents=True, exist_ok=True)
        self._run = run
        self._secrets = tuple(secrets)
        self._sink = sink
        self._guard = threading.Lock()
        self._file = run.journal.open("a", encoding="utf-8")

    def append(self, event: Event) -> None:
        """Write one event, then hand it on."""
        entry = Entry(time.time(), event)
        with self._guard:
            line = redact(to_json(entry), self._secrets)
            self._file.write(line + "\n")
            self._file.flush()
            if isinstance(event, _DEEDS):
                os.fsync(self._file.fileno())
            if isinstance(event, OutputLine):
                with self._run.log(event.stage).open("a", encoding="utf-8") as log:
                    log.write(redact(event.text, self._secrets) + "\n")
            if self._sink:
                self._sink(from_json(line) or entry)

    def close(self) -> None:
        self._file.close()


def read(file: Path) -> list[Entry]:
    """All entries of a journal; a torn last line (a killed engine) is left out."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [entry for line in lines if (entry := from_json(line))]
