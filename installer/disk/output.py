"""A file at a place that a person named: written whole, or refused as bad input.

It must never replace part of a file, and never leave anything behind where it refuses. A full or broken volume is not
bad input: that stays the `OSError` that it is.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from installer.core.errors import UsageError
from installer.disk.writing import write_atomically

_NOT_BAD_INPUT = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def put(file: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Write it there. Raises `UsageError` if no such file can be created, else `OSError`."""
    with _refusing(file):
        write_atomically(file, content, mode=mode)


def refuse_uncreatable(file: Path) -> None:
    """Before work that takes long: whether something can be created next to where it will be. Leaves nothing there."""
    with _refusing(file), tempfile.TemporaryFile(dir=file.absolute().parent):
        pass


@contextmanager
def _refusing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NOT_BAD_INPUT:
            raise
        raise UsageError(
            f"{file} cannot be written.",
            f"The system says: {error.strerror}.",
            "Name a file in a folder that exists and may be written to.",
        ) from None
