"""The compiled files of an installed environment, read without loading any of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

_STEP = 1 << 20


def site_packages(environment: Path) -> Path | None:
    """Where the packages of an environment are; `None` if there is none."""
    return next(iter(sorted(environment.glob("lib/python3*/site-packages"))), None)


def matching(folder: Path, patterns: Iterable[str]) -> Iterator[Path]:
    """The files below a folder that some glob names."""
    for pattern in patterns:
        yield from sorted(path for path in folder.glob(pattern) if path.is_file())


def pieces(file: Path) -> Iterator[bytes]:
    """A file, bit by bit; nothing if it cannot be read."""
    try:
        with file.open("rb") as opened:
            yield from iter(lambda: opened.read(_STEP), b"")
    except OSError:
        return
