"""The files of a home's server: names, whole-file writes and the lock that tells whether a supervisor lives.

Used by the supervisor, so it must import nothing heavy. It must never write a file halfway.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

LAUNCH = "launch.json"
"""What the next supervisor shall start."""
STATE = "state.json"
"""What the supervisor says; only it writes here while it lives."""
READY = "ready.json"
"""Written by whoever saw the server answer."""
LOCK = "lock"
"""Held (flock) by the supervisor as long as it lives."""
LOG = "server.log"
WORK = "work"
"""Where the server runs: an empty folder, because Python looks for modules there first."""
MARKER = "DEPLOY_TUI_SERVER"
"""Environment variable that every process of the server inherits; its value is the home."""

NO_LOCKS = -1
_BUSY = (errno.EWOULDBLOCK, errno.EACCES)


def marker(folder: Path) -> str:
    return f"{MARKER}={folder.parent}"


def write_json(path: Path, body: dict[str, Any]) -> None:
    """Replace the whole file at once; readable by us only."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.touch(0o600)
    half.write_text(json.dumps(body, indent=1), "utf-8")
    half.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    try:
        body = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return body if isinstance(body, dict) else None


def hold(folder: Path, patience_s: float) -> int | None:
    """Take the lock for as long as we live; `None` where another holds it, `NO_LOCKS` where there are no locks."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except OSError as error:
            if error.errno not in _BUSY:
                return NO_LOCKS
        # Somebody who only looks whether it is held holds it for a moment.
        if time.monotonic() > deadline:
            os.close(handle)
            return None
        time.sleep(0.02)


def held(folder: Path) -> bool | None:
    """Whether a supervisor lives; `None` where this filesystem has no locks."""
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError as error:
        return True if error.errno in _BUSY else None
    finally:
        os.close(handle)
