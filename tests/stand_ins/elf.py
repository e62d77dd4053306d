"""Shared libraries as the loader reads them before it loads them: real ELF headers, and nothing behind them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

X86_64, AARCH64 = 62, 183
_ADDRESS = 0x4000
"""Where the file would lie in memory: elsewhere than in the file."""
_HEADER, _SEGMENT, _TAG = 64, 56, 16


def library(
    needed: Sequence[str] = (), *, runpath: str = "", rpath: str = "", soname: str = "", machine: int = X86_64
) -> bytes:
    """The bytes of a library of 64 bits that asks for `needed`."""
    strings = b"\0"
    tags: list[tuple[int, int]] = []
    texts = [(1, name) for name in needed] + [(14, soname), (15, rpath), (29, runpath)]
    for tag, text in texts:
        if text:
            tags.append((tag, len(strings)))
            strings += text.encode() + b"\0"
    dynamic = _HEADER + 2 * _SEGMENT
    place = dynamic + _TAG * (len(tags) + 3)
    tags += [(5, _ADDRESS + place), (10, len(strings)), (0, 0)]
    size = place + len(strings)
    header = struct.pack(
        "<6s10xHHIQQQIHHHHHH", b"\x7fELF\x02\x01", 3, machine, 1, 0, _HEADER, 0, 0, _HEADER, _SEGMENT, 2, 0, 0, 0
    )
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, _ADDRESS, _ADDRESS, size, size, 0x1000)
    of_tags = _TAG * len(tags)
    where = struct.pack("<IIQQQQQQ", 2, 6, dynamic, _ADDRESS + dynamic, _ADDRESS + dynamic, of_tags, of_tags, 8)
    return header + load + where + b"".join(struct.pack("<qQ", *tag) for tag in tags) + strings


def write(path: Path, needed: Sequence[str] = (), **options: str | int) -> Path:
    """Put a library at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(library(needed, **options))  # type: ignore[arg-type]
    return path


def cache(entries: Sequence[tuple[str, str]], *, before: bytes = b"") -> bytes:
    """What `ldconfig` writes: name and path of each library; `before` stands in for the old format."""
    strings = b"".join(f"{text}\0".encode() for entry in entries for text in entry)
    start = 48 + 24 * len(entries)
    body, at = b"", start
    for name, path in entries:
        to = at + len(name.encode()) + 1
        body += struct.pack("<iIIIQ", 0x0303, at, to, 0, 0)
        at = to + len(path.encode()) + 1
    return before + struct.pack("<20sII20x", b"glibc-ld.so.cache1.1", len(entries), len(strings)) + body + strings
