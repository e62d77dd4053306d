"""Plain tar files, written for any `tar` and read without trust: one entry after the other, ordinary files only.

Nothing is kept in memory but one piece, and no name of the file itself is ever used for anything but a comparison.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import Protocol

BLOCK = 512
PIECE = 1 << 20
_LONG_NAME = 4096
_KINDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.DIRTYPE: "a folder",
    tarfile.FIFOTYPE: "a pipe",
}


class Readable(Protocol):
    def read(self, count: int, /) -> bytes: ...


class TornError(ValueError):
    """What is read is no whole tar file of ordinary files."""


def header(path: str, size: int) -> bytes:
    """What precedes the bytes of a file."""
    info = tarfile.TarInfo(path)
    info.size, info.mode = size, 0o755 if path.endswith(".sh") else 0o644
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def padding(size: int) -> bytes:
    """What follows them."""
    return b"\0" * (-size % BLOCK)


def end(size: int) -> bytes:
    """The end of a tar file of `size` bytes so far."""
    return b"\0" * (2 * BLOCK + -(size + 2 * BLOCK) % BLOCK)


def cost(path: str, size: int) -> int:
    """Bytes that a file of `size` takes in a tar."""
    return len(header(path, size)) + size + len(padding(size))


def entries(stream: Readable) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    """Name, size and bytes of each file. The bytes must be used up before the next one. Raises `TornError`."""
    while (info := _next(stream)) is not None:
        name, size = info
        yield name, size, _pieces(stream, size, name)
        if _exactly(stream, -size % BLOCK).strip(b"\0"):
            raise TornError(f"there is something after the end of {name}")


def _next(stream: Readable, long_name: str = "") -> tuple[str, int] | None:
    block = _exactly(stream, BLOCK)
    if not block.strip(b"\0"):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise TornError(f"a header in it is damaged ({error})") from None
    if info.type == tarfile.GNUTYPE_LONGNAME and not long_name and info.size <= _LONG_NAME:
        name = _exactly(stream, info.size).rstrip(b"\0").decode("utf-8", "replace")
        _exactly(stream, -info.size % BLOCK)
        return _next(stream, name)
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.size < 0:
        raise TornError(f"{long_name or info.name} is {_KINDS.get(info.type, 'not a regular file')}")
    return long_name or info.name, info.size


def _pieces(stream: Readable, size: int, name: str) -> Iterator[bytes]:
    while size:
        piece = stream.read(min(size, PIECE))
        if not piece:
            raise TornError(f"it ends in the middle of {name}")
        size -= len(piece)
        yield piece


def _exactly(stream: Readable, count: int) -> bytes:
    found = stream.read(count) if count else b""
    while len(found) < count:
        more = stream.read(count - len(found))
        if not more:
            raise TornError("it ends too early")
        found += more
    return found
