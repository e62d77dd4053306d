"""What a shared library asks the loader for, and what the loader knows: ELF files and /etc/ld.so.cache, read as data.

Standard library only, no external tool: a bare system has no readelf. Never loads or runs what it reads; a file that
is cut short or is something else is `None`, not an error. The formats are those of elf(5) and of glibc's
`sysdeps/generic/dl-cache.h`.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 0, 1, 5, 14, 15, 29
_ELF64_LITTLE = b"\x7fELF\x02\x01"
_SEGMENT, _ENTRY = struct.Struct("<IIQQQQQQ"), struct.Struct("<qQ")
_CACHE_MAGIC, _CACHE_HEADER, _CACHE_ENTRY = b"glibc-ld.so.cache1.1", 48, struct.Struct("<iIIIQ")


class Library(NamedTuple):
    """What the loader reads of a file before it loads it."""

    machine: int
    """The processor, as a number of the ELF standard (62: x86-64, 183: aarch64)."""
    needed: tuple[str, ...] = ()
    """The libraries it cannot be loaded without."""
    search: tuple[str, ...] = ()
    """The folders in which it wants them looked for first: its RUNPATH, else its RPATH, with $ORIGIN filled in."""
    soname: str = ""


def read(path: str) -> Library | None:
    """A library or program of 64 bits; `None` if the loader could not load the file, or if it is not there."""
    try:
        with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _library(data, str(Path(path).absolute().parent))
    except (OSError, ValueError, OverflowError, IndexError, struct.error):
        return None


def known_to_the_loader(cache: str = "/etc/ld.so.cache") -> dict[str, list[str]]:
    """The libraries that `ldconfig` found: name to paths, the first is tried first; empty if it never ran."""
    found: dict[str, list[str]] = {}
    try:
        data = Path(cache).read_bytes()
        # Some systems put the old format before the new one; all offsets count from the new one's beginning.
        data = data[data.index(_CACHE_MAGIC) :]
        (count,) = struct.unpack_from("<I", data, len(_CACHE_MAGIC))
        for number in range(count):
            _, name, path, *_ = _CACHE_ENTRY.unpack_from(data, _CACHE_HEADER + number * _CACHE_ENTRY.size)
            found.setdefault(_text(data, name), []).append(_text(data, path))
    except (OSError, ValueError, OverflowError, struct.error):
        pass
    return found


def _library(data: mmap.mmap, folder: str) -> Library | None:
    if data[:6] != _ELF64_LITTLE:
        return None
    (machine,) = struct.unpack_from("<H", data, 18)
    (offset,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    segments = [_SEGMENT.unpack_from(data, offset + number * size) for number in range(count)]
    tags = [tag for segment in segments if segment[0] == _PT_DYNAMIC for tag in _tags(data, segment[2], segment[5])]
    address = next((value for tag, value in tags if tag == _DT_STRTAB), None)
    if address is None:
        return Library(machine)
    strings = _place(address, segments)
    texts = [(tag, _text(data, strings + value)) for tag, value in tags if tag in _WITH_TEXT]
    paths = {tag: text for tag, text in texts if tag in (_DT_RPATH, _DT_RUNPATH)}
    return Library(
        machine,
        tuple(text for tag, text in texts if tag == _DT_NEEDED),
        _folders(paths.get(_DT_RUNPATH) or paths.get(_DT_RPATH) or "", folder),
        next((text for tag, text in texts if tag == _DT_SONAME), ""),
    )


_WITH_TEXT = (_DT_NEEDED, _DT_SONAME, _DT_RPATH, _DT_RUNPATH)


def _tags(data: mmap.mmap, offset: int, size: int) -> Iterator[tuple[int, int]]:
    for at in range(offset, offset + size, _ENTRY.size):
        tag, value = _ENTRY.unpack_from(data, at)
        if tag == _DT_NULL:
            return
        yield tag, value


def _place(address: int, segments: list[tuple[int, ...]]) -> int:
    """Where in the file that is which will be at `address` in memory. Raises `ValueError`."""
    for kind, _, offset, start, _, size, *_ in segments:
        if kind == _PT_LOAD and start <= address < start + size:
            return offset + address - start
    raise ValueError(address)


def _text(data: mmap.mmap | bytes, at: int) -> str:
    end = data.find(b"\0", at)
    if end < 0:
        raise ValueError(at)
    return data[at:end].decode(errors="surrogateescape")


def _folders(paths: str, origin: str) -> tuple[str, ...]:
    filled = (path.replace("${ORIGIN}", origin).replace("$ORIGIN", origin) for path in paths.split(":"))
    return tuple(path for path in filled if path.startswith("/"))
