"""Small JSON files in the cache: read as nothing where they are not there or broken, written so that none is seen half.

A cache that cannot be written is no failure: the next time costs what this time did.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path
from typing import Any


def read(file: Path) -> Any:
    """What was written there; `None` where there is nothing that can be read."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write(file: Path, body: Any) -> None:
    draft = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}.draft")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
        draft.replace(file)
