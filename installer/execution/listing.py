"""The files of a folder by their inodes: enough to take away what was added later, and to see whether that was all.

Never follows a symlink, and never removes anything that was listed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

Listed = tuple[str, dict[str, int]]
"""A folder ("" for the topmost, else its path with a slash at the end), and the inode of each name in it."""


def listing(folder: Path) -> Iterator[Listed]:
    """Everything in `folder` as it is now, one folder at a time: there are tens of thousands of files."""
    pending = [""]
    while pending:
        above = pending.pop()
        inodes = {}
        with os.scandir(f"{folder}/{above}") as entries:
            for entry in entries:
                inodes[entry.name] = entry.inode()
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{above}{entry.name}/")
        yield above, inodes


def reduce(folder: Path, before: Iterable[Listed]) -> bool:
    """Remove what was not there `before`. Whether all that was is still there, each the same file.

    Raises `OSError`.
    """
    listed, found = dict(before), dict(listing(folder))
    for above in sorted(found, reverse=True):  # what is in a folder before the folder
        for name in found[above].keys() - listed.get(above, {}).keys():
            path = folder / above / name
            if f"{above}{name}/" in found:
                path.rmdir()
            else:
                path.unlink()
    return all(inodes.items() <= found.get(above, {}).items() for above, inodes in listed.items())
