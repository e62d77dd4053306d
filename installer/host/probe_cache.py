"""What programs said about themselves, kept by path, size and modification time, so that none is asked twice.

Writes one small JSON file, and only into a folder that exists already; never raises.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from installer.core.errors import DamagedError
from installer.disk.reading import read_json
from installer.disk.writing import write_atomically

_NAME = "programs.json"


class ProbeCache:
    """Answers by program. Without a folder it only remembers for as long as it lives."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / _NAME if folder else None
        self._answers = self._load()
        self._changed = False

    def ask(self, program: Path, ask: Callable[[], str | None]) -> str | None:
        """What was answered before, if `program` is still the same file; else the answer of `ask`."""
        try:
            facts = program.stat()
        except OSError:
            return None
        key = f"{program}|{facts.st_size}|{facts.st_mtime_ns}"
        if key not in self._answers:
            answer = ask()
            if answer is None:
                # Not remembered: what failed once may work after the next change of the machine.
                return None
            self._answers[key] = answer
            self._changed = True
        return self._answers[key]

    def save(self) -> None:
        """Keep what is new for the next time."""
        if self._file is None or not self._changed or not self._file.parent.is_dir():
            return
        with contextlib.suppress(OSError):
            write_atomically(self._file, json.dumps(self._answers, indent=0, sort_keys=True))

    def _load(self) -> dict[str, str]:
        try:
            found = read_json(self._file) if self._file else None
        except (OSError, DamagedError):
            return {}
        return {name: text for name, text in (found or {}).items() if isinstance(text, str)}
