"""The temporary folder of a home's server: its own, so that what the server leaves in it can be removed with it.

Engines put their sockets there, and the name of a socket holds 107 bytes: for a home with a long path it is a folder
in /tmp instead. Used by the supervisor, so it must import nothing heavy. It must never follow a link or remove what is
not ours.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

_NAME = "tmp"
_LONGEST = 60
"""Bytes of the folder's path: the names that engines, torch and multiprocessing add take up to 40, and a separator."""
VARIABLE = "TMPDIR"
"""What tells every program where it is; an engine may have a variable of its own next to it."""


def place(folder: Path) -> Path:
    """Where the temporary folder of the server of `folder` is, or would be."""
    inside = folder / _NAME
    if len(os.fsencode(inside)) <= _LONGEST:
        return inside
    import hashlib  # as large as all the rest of a supervisor, and seldom needed

    return Path("/tmp") / f"deploy-tui-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"


def make(folder: Path) -> Path:
    """An empty one for a new server, open to us alone. Raises `OSError`."""
    empty(folder)
    made = place(folder)
    made.mkdir(mode=0o700)
    return made


def empty(folder: Path) -> None:
    """Nothing of it stays, once its server has ended."""
    try:
        found = place(folder).lstat()
    except OSError:
        return
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
        shutil.rmtree(place(folder), ignore_errors=True)
