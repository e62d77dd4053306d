"""Rows that grow by and by: a file of ours with one JSON object a line. Never fails for what is in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from installer.core.errors import DamagedError
from installer.disk.reading import LARGE, read_own
from installer.disk.writing import write_atomically


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Those that are kept. A file that is none of ours is empty; what is torn or no object is passed over."""
    try:
        text = (read_own(path, LARGE) or b"").decode("utf-8", "replace")
    except (OSError, DamagedError):
        return []
    found = []
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            found.append(row)
    return found


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """All of them, in the place of those before."""
    write_atomically(path, (json.dumps(row) + "\n" for row in rows))
