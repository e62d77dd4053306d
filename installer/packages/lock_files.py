"""Kept resolutions: one JSON file per answered question. A file that cannot be read counts as never asked."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from installer.core.errors import DamagedError
from installer.core.files.typed import typed
from installer.core.packages.lock import Lock
from installer.disk.reading import LARGE, read_json
from installer.disk.writing import write_atomically


def kept(file: Path) -> Lock | None:
    """The resolution in `file`; `None` if there is none."""
    try:
        body = read_json(file, LARGE)
        return None if body is None else typed(Lock, body)
    except (OSError, ValueError, DamagedError):
        return None


def keep(lock: Lock, file: Path) -> None:
    """Write `lock` so that a reader sees all of it or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, json.dumps(asdict(lock), ensure_ascii=False))
