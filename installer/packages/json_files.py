"""Small JSON files in the cache: read as nothing if they are not there or broken, written so that none is seen half.

A cache that cannot be written is no failure: the next time costs what this time did.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from installer.core.errors import DamagedError
from installer.disk.reading import LARGE, read_own
from installer.disk.writing import write_atomically


def read(file: Path) -> Any:
    """What was written there; `None` if there is nothing that can be read."""
    try:
        return json.loads(read_own(file, LARGE) or b"null")
    except (OSError, ValueError, RecursionError, DamagedError):
        return None


def write(file: Path, body: Any) -> None:
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(body, ensure_ascii=False))
