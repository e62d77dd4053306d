"""Reads the logs that people hand in, from a file or a pipe, however long. Never writes."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import BinaryIO

from installer.core.errors import UsageError

LIMIT_BYTES = 64 << 20
"""Of a longer log only the end is read: that is where a failure is told."""


def read_log(name: str) -> tuple[list[str], int]:
    """The lines of a log ("-": standard input), and how many lines before them were left out.

    Raises `UsageError` where there is none, where it is empty, or where it is no text.
    """
    if name == "-":
        return _lines(_tail(sys.stdin.buffer), "standard input")
    path = Path(name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unreadable(name, "It is a folder." if path.is_dir() else "It is no ordinary file.")
        with path.open("rb") as file:
            return _lines(_tail(file), name)
    except FileNotFoundError:
        raise _unreadable(name, "There is no such file.") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise _unreadable(name, f"{getattr(error, 'strerror', None) or error}.") from None


def _tail(file: BinaryIO) -> tuple[bytes, int]:
    """The last bytes of a stream, from the start of a line on, and the number of lines before them."""
    kept, left_out = b"", 0
    while chunk := file.read(LIMIT_BYTES):
        kept += chunk
        if len(kept) > LIMIT_BYTES:
            cut = kept.find(b"\n", len(kept) - LIMIT_BYTES) + 1 or len(kept) - LIMIT_BYTES
            left_out += kept.count(b"\n", 0, cut)
            kept = kept[cut:]
    return kept, left_out


def _lines(tail: tuple[bytes, int], name: str) -> tuple[list[str], int]:
    body, left_out = tail
    if not body.strip():
        raise UsageError(f"{name} is empty.", "There is no line to explain.", "Hand in the log of what failed.")
    if b"\0" in body[:65536]:
        raise UsageError(
            f"{name} is not a log.", "It holds bytes that no text has.", "Hand in the text that the program printed."
        )
    return body.decode("utf-8", "replace").split("\n"), left_out


def _unreadable(name: str, why: str) -> UsageError:
    return UsageError(f"{name} cannot be read.", why, "Check the path and the permissions.", code="input-file")
