"""The files of a folder by their inodes: enough to take away what was added later, and to see whether that was all.

Never follows a symlink, and never removes anything that was listed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

Listing = Mapping[str, Mapping[str, int]]
"""The inode of each name, by the folder that it lies in: "" for the topmost, else its path with a slash at the end."""


def listing(folder: Path) -> Listing:
    """Everything in `folder` as it is now."""
    found: dict[str, dict[str, int]] = {}
    pending = [""]
    while pending:
        above = pending.pop()
        inodes = found[above] = {}
        with os.scandir(f"{folder}/{above}") as entries:
            for entry in entries:
                inodes[entry.name] = entry.inode()
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{above}{entry.name}/")
    return found


def reduce(folder: Path, listed: Listing) -> bool:
    """Remove what is not in `listed`. Whether everything listed is still there, each the same file.

    Raises `OSError`.
    """
    found = listing(folder)
    for above in sorted(found, reverse=True):  # what lies in a folder before the folder
        for name in found[above].keys() - listed.get(above, {}).keys():
            path = folder / above / name
            if f"{above}{name}/" in found:
                path.rmdir()
            else:
                path.unlink()
    return all(inodes.items() <= found.get(above, {}).items() for above, inodes in listed.items())
