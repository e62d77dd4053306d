"""The server's log: kept from growing without end, and read in pieces.

The server writes straight into the file, so that it outlives anyone who started it. Used by the supervisor, so it must
import nothing heavy.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from installer.core.errors import DamagedError
from installer.disk.reading import open_own

CAP_BYTES = 64 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024


def previous(log: Path) -> Path:
    return log.with_name(log.name + ".1")


def rotate(log: Path) -> None:
    """Put the log of the last start aside."""
    if log.exists():
        log.replace(previous(log))


def open_for_appending(log: Path) -> int:
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def cap(log: Path, limit: int = CAP_BYTES) -> bool:
    """Put a log that has grown too long aside, while the server continues writing into the same file."""
    try:
        if log.stat().st_size <= limit:
            return False
        # Copied and emptied rather than renamed: the server holds the file open and appends to it. The few lines that
        # it writes between the two steps are lost.
        shutil.copyfile(log, previous(log))
        os.truncate(log, 0)
        return True
    except OSError:
        return False


def read(log: Path, after: int) -> tuple[bytes, int]:
    """Whole lines from offset `after` on, and the offset to continue from; from the top where the log was emptied."""
    try:
        with os.fdopen(open_own(log), "rb") as source:
            size = os.fstat(source.fileno()).st_size
            start = after if after <= size else 0
            source.seek(start)
            piece = source.read(_PIECE_BYTES)
    except (OSError, DamagedError):
        return b"", 0
    complete = piece.rfind(b"\n") + 1
    if not complete and len(piece) == _PIECE_BYTES:
        complete = len(piece)
    return piece[:complete], start + complete


def last(log: Path, size: int = _PIECE_BYTES) -> tuple[bytes, int]:
    """The last `size` bytes, from the start of a line on, with a line that is still being written; and the length."""
    try:
        with os.fdopen(open_own(log), "rb") as source:
            length = os.fstat(source.fileno()).st_size
            source.seek(max(0, length - size))
            piece = source.read(size)
    except (OSError, DamagedError):
        return b"", 0
    return (piece if length <= size else piece.partition(b"\n")[2]), length
