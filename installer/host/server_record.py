"""What is written down of a server while it lives, for anyone who asks how it is (`server_state.py` reads it).

A disk that is full must never end the server: what cannot be written is said on standard error.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installer.core.outcomes import ServerStatus
from installer.host import process_table, server_folder

_STEADY_S = 30.0
"""A deadline that moved by less is not written down again."""


class Record:
    """The state of one server, in `state.json` of its folder."""

    def __init__(self, folder: Path, spec: Mapping[str, Any]) -> None:
        self._file = folder / server_folder.STATE
        self._state: dict[str, Any] = {
            "state": ServerStatus.STARTING,
            "supervisor": os.getpid(),
            "supervisor_started": process_table.started(os.getpid()),
            "namespace": process_table.namespace(),
            "launch": spec,
            "launched_at": time.time(),
        }

    def __getitem__(self, name: str) -> Any:
        return self._state[name]

    def note(self, **changes: Any) -> None:
        """Written down with what is said next."""
        self._state.update(changes)

    def say(self, **changes: Any) -> None:
        """Write it down now."""
        self._state.update(changes)
        try:
            server_folder.write_json(self._file, self._state)
        except OSError as error:
            # A full disk must not end the server, nor leave it without us.
            print(f"{self._file.name} could not be written: {error}", file=sys.stderr, flush=True)  # noqa: T201

    def write_changes(self, changes: Mapping[str, Any], deadlines: Mapping[str, Any]) -> None:
        """Write it down where any of it is new; deadlines move a little all the time, and that is none."""
        updated = {**changes} if self._steady(deadlines) else {**changes, "deadlines": deadlines}
        if any(self._state.get(name) != value for name, value in updated.items()):
            self.say(**updated)

    def _steady(self, now: Mapping[str, Any]) -> bool:
        before = self._state.get("deadlines") or {}
        return now.keys() == before.keys() and all(
            now[name] == before[name] or (now[name] and before[name] and abs(now[name] - before[name]) < _STEADY_S)
            for name in now
        )
