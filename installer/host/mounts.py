"""What is mounted where, from /proc/self/mountinfo (proc(5)). Reads only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from installer.host import text_files

_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    root: str
    """The part of the filesystem that is mounted."""
    point: str
    filesystem: str
    options: frozenset[str]
    """Of the filesystem; for control groups of version 1 these name the controllers."""


def parse(text: str) -> list[Mount]:
    """The mounts in their order; lines that are not understood are left out."""
    found = []
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        fields, tail = left.split(), right.split()
        if len(fields) >= 5 and len(tail) >= 3:
            found.append(Mount(_plain(fields[3]), _plain(fields[4]), tail[0], frozenset(tail[2].split(","))))
    return found


def read(root: Path = Path("/")) -> list[Mount]:
    """The mounts as this process sees them."""
    return parse(text_files.read(root / "proc/self/mountinfo") or "")


def holding(path: Path, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that contains an absolute, resolved path: the longest one, and of equals the one mounted last."""
    best: Mount | None = None
    for mount in mounts:
        inside = mount.point == "/" or path == Path(mount.point) or Path(mount.point) in path.parents
        if inside and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)
