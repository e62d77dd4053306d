"""Where the bytes of an archive are: on an HTTP server that serves ranges, in a file, or already here.

Answers with fewer bytes, or none, where they are not available; it must never raise for what network and disk do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from installer.core.text.numbers import is_whole
from installer.host.index_client import Fetched, IndexClient

TAIL = 64 * 1024
"""The last bytes of a wheel, where most have both their list of members and their METADATA."""
_WHOLE = 32 * 1024 * 1024
"""The largest wheel that is fetched whole where its server knows no ranges."""
_PIECE = 1 << 18
_IDENTITY = {"Accept-Encoding": "identity"}


class ByteSource(Protocol):
    @property
    def size(self) -> int: ...

    @property
    def tail(self) -> bytes:
        """Its last bytes, known from opening it."""

    @property
    def transferred(self) -> int: ...

    def span(self, start: int, end: int) -> bytes | None:
        """All bytes from `start` up to `end`, or none."""

    def stream(self, start: int, end: int) -> Iterator[bytes]:
        """The same, piece by piece, for as long as they come."""


@dataclass(slots=True)
class Memory:
    """A wheel that had to be fetched whole."""

    data: bytes
    transferred: int
    tail: bytes = b""

    @property
    def size(self) -> int:
        return len(self.data)

    def span(self, start: int, end: int) -> bytes | None:
        return self.data[start:end]

    def stream(self, start: int, end: int) -> Iterator[bytes]:
        yield self.data[start:end]


@dataclass(slots=True)
class Stored:
    """A file of this machine."""

    path: Path
    size: int
    tail: bytes = b""
    transferred: int = 0

    def span(self, start: int, end: int) -> bytes | None:
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                data = file.read(end - start)
        except OSError:
            return None
        return data if len(data) == end - start else None

    def stream(self, start: int, end: int) -> Iterator[bytes]:
        for at in range(start, end, _PIECE):
            data = self.span(at, min(at + _PIECE, end))
            if data is None:
                return
            yield data


@dataclass(slots=True)
class Served:
    """A file on a server that answers with ranges of it."""

    client: IndexClient
    url: str
    size: int
    tail: bytes
    timeout_s: float
    transferred: int

    def span(self, start: int, end: int) -> bytes | None:
        got = self.client.get(self.url, timeout_s=self.timeout_s, limit=end - start, headers=_range(start, end))
        self.transferred += len(got.body)
        return got.body if got.status == 206 and len(got.body) == end - start else None

    def stream(self, start: int, end: int) -> Iterator[bytes]:
        for piece in self.client.stream(self.url, _range(start, end), self.timeout_s):
            self.transferred += len(piece)
            yield piece


def stored(path: Path) -> ByteSource | None:
    try:
        return Stored(path, path.stat().st_size) if path.is_file() else None
    except OSError:
        return None


def served(client: IndexClient, url: str, timeout_s: float) -> ByteSource | None:
    """A remote file by its ranges; the whole of a small one whose server knows none; else nothing."""
    got = client.get(url, timeout_s=timeout_s, limit=_WHOLE, headers=_IDENTITY | {"Range": f"bytes=-{TAIL}"})
    if got.status == 200 and not got.why:
        return Memory(got.body, len(got.body))
    if got.status in (400, 405, 416, 501):
        got = _from_its_length(client, url, timeout_s)
    size = _total_size(got)
    if got.status != 206 or size is None or got.why:
        return None
    return Served(client, got.url, size, got.body, timeout_s, len(got.body))


def _from_its_length(client: IndexClient, url: str, timeout_s: float) -> Fetched:
    """Some servers refuse to count from the end: the length first, then the same bytes by their places."""
    head = client.get(url, timeout_s=timeout_s, limit=_WHOLE, headers=_IDENTITY, method="HEAD")
    length = head.headers.get("content-length", "")
    if head.status != 200 or not is_whole(length) or int(length) == 0:
        return head
    start = max(0, int(length) - TAIL)
    return client.get(head.url, timeout_s=timeout_s, limit=TAIL, headers=_range(start, int(length)))


def _total_size(got: Fetched) -> int | None:
    """The file's size, where the answer really is its end."""
    unit, _, rest = got.headers.get("content-range", "").partition(" ")
    span, _, total = rest.partition("/")
    last = span.partition("-")[2]
    fits = unit == "bytes" and is_whole(total) and is_whole(last) and int(last) == int(total) - 1
    return int(total) if fits else None


def _range(start: int, end: int) -> dict[str, str]:
    return _IDENTITY | {"Range": f"bytes={start}-{end - 1}"}
