"""Reads a file, or a pipe, that someone names on a command line. It must never wait for ever, nor open a device."""

from __future__ import annotations

import os
import select
import stat
import time
from pathlib import Path

PATIENCE_S = 30.0
"""How long someone may take to write into a pipe."""


def content(path: Path, limit: int) -> bytes:
    """What is in a file, or comes out of a pipe that someone writes into, as by `<(…)`; one byte over `limit` at most.

    Raises `OSError`, or `ValueError` with the reason where it is neither.
    """
    # Not blocking: to open a pipe without a writer would never end.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY), "rb", buffering=0) as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISDIR(mode):
            raise ValueError("it is a folder")
        if stat.S_ISFIFO(mode):
            return _piped(file.fileno(), limit)
        if not stat.S_ISREG(mode):
            raise ValueError("it is a device, not a file")
        return file.read(limit + 1) or b""


def _piped(pipe: int, limit: int) -> bytes:
    """All that comes, until the other side ends it."""
    deadline, data = time.monotonic() + PATIENCE_S, b""
    while len(data) <= limit:
        try:
            piece = os.read(pipe, 65_536)
        except BlockingIOError:
            waiting = deadline - time.monotonic()
            if waiting > 0 and select.select([pipe], [], [], waiting)[0]:
                continue
            raise ValueError(f"it is a pipe that was not closed within {PATIENCE_S:.0f} seconds") from None
        if not piece:
            break
        data += piece
    if not data:
        raise ValueError("it is not a regular file but a pipe, and nothing came out of it")
    return data
