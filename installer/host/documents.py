"""Reads the files that people name, and says in plain words why one cannot be read. Never writes."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from installer.core.errors import UsageError
from installer.core.files.document import LIMIT_BYTES, decode

ENDINGS = (".yaml", ".yml", ".json")
"""Of the files that people name."""


def read_document(path: Path) -> str:
    """The text of a file. Raises `UsageError` if there is none, or if it is no text of a sensible size."""
    try:
        # A device or a pipe could keep us waiting for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            found = "a folder" if path.is_dir() else "not a regular file"
            raise _unreadable(path, f"It is {found}.")
        with path.open("rb") as file:
            return decode(file.read(LIMIT_BYTES + 1), str(path))
    except FileNotFoundError:
        raise _unreadable(path, "There is no such file.") from None
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL in it.
        raise _unreadable(path, f"{getattr(error, 'strerror', None) or error}.") from None


def documents_in(folder: Path) -> Iterator[Path]:
    """The YAML files of a folder, by name; those that begin with `_` are for people only."""
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return
    yield from (path for path in found if path.suffix == ".yaml" and not path.name.startswith(("_", ".")))


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} cannot be read.", why, "Check the path and the permissions.", code="input-file")
