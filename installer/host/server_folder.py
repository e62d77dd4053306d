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
from typing import Any, Mapping

from installer.core.errors import DamagedError
from installer.disk import reading
from installer.disk.writing import write_atomically

LAUNCH = "launch.json"
"""What the next supervisor shall start."""
STATE = "state.json"
"""What the supervisor says; only it writes here while it lives."""
READY = "ready.json"
"""Written by anyone who saw the server answer."""
RESTART_REQUEST = "renew"
"""Written by anyone who wants the server that runs now to be started again; it names that one."""
LOCK = "lock"
"""Held (flock) by the supervisor as long as it lives."""
LOG = "server.log"
SERVERS = "servers"
"""The folder of a home that contains its further servers, by name."""
WORK = "work"
"""Where the server runs: an empty folder, because Python looks for modules there first."""
MARKER = "DEPLOY_TUI_SERVER"
"""Environment variable that every process of the server inherits (`marker`)."""

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "token": str, "state": str, "supervisor": int, "supervisor_started": int, "namespace": str, "launch": dict,
    "started_at": (int, float), "processes": list, "pid": int, "started": int, "session": int, "reason": str,
    "exit_code": (int, type(None)), "ready_seconds": (int, float), "command": list, "environment": dict,
    "restarts": int, "incident": str, "deadlines": dict, "unjudged": str, "launched_at": (int, float),
}  # fmt: skip
"""Of the contents of these files."""
NO_LOCKS = -1
_BUSY = (errno.EWOULDBLOCK, errno.EACCES)


def marker(folder: Path) -> str:
    """What the processes of this server carry: its home, or the folder of one of the further servers."""
    return f"{MARKER}={folder if folder.parent.name == SERVERS else folder.parent}"


def identity(folder: Path) -> tuple[int, int] | None:
    """Which folder it is, whatever its name leads to by now; `None` if there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def write_json(path: Path, body: dict[str, Any]) -> None:
    """Replace the whole file at once; readable by us only."""
    write_atomically(path, json.dumps(body, indent=1), mode=0o600)


def read_json(path: Path) -> dict[str, Any] | None:
    """What was written there; `None` if there is nothing that can be believed (`checked` says why)."""
    try:
        return checked(path)
    except (OSError, DamagedError):
        return None


def checked(path: Path) -> dict[str, Any] | None:
    """The same; raises `DamagedError` if something is there that we did not write."""
    body = reading.read_json(path)
    for name, value in (body or {}).items():
        if not isinstance(value, _TYPES.get(name, object)):
            raise reading.damaged(path, f"{name} does not have the expected content")
    return body


def hold(folder: Path, patience_s: float) -> int | None:
    """Take the lock for as long as we live; `None` if another holds it, `NO_LOCKS` where there are no locks."""
    handle = _lock(folder)
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except OSError as error:
            if error.errno not in _BUSY:
                return NO_LOCKS
        # Someone who only looks whether it is held holds it for a moment.
        if time.monotonic() > deadline:
            os.close(handle)
            return None
        time.sleep(0.02)


def _lock(folder: Path) -> int:
    try:
        return reading.open_own(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def held(folder: Path) -> bool | None:
    """Whether a supervisor lives; `None` if this filesystem has no locks."""
    try:
        handle = reading.open_own(folder / LOCK)
    except (OSError, DamagedError):
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError as error:
        return True if error.errno in _BUSY else None
    finally:
        os.close(handle)
