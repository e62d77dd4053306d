"""Small files of the kernel and of the system, read as text. Never raises: a file that cannot be read is `None`."""

from __future__ import annotations

from pathlib import Path

from installer.core.text.numbers import is_whole


def read(path: Path, limit: int = 1 << 20) -> str | None:
    """The first `limit` bytes of a file as text."""
    try:
        with path.open("rb") as file:
            return file.read(limit).decode("utf-8", "replace")
    except OSError:
        return None


def exists(path: Path) -> bool:
    """Whether a file can be seen; one behind a closed door cannot."""
    try:
        return path.exists()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder can be seen; one behind a closed door cannot."""
    try:
        return path.is_dir()
    except OSError:
        return False


def read_number(path: Path) -> int | None:
    """The number that a file contains; `None` if it holds a word such as "max"."""
    text = (read(path, 64) or "").strip()
    return int(text) if is_whole(text.lstrip("-")) else None
