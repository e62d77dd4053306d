"""Wheels read in place: the list of members from the end of the file, then only the members that are wanted.

Implements `installer.core.packages.archive.Archive`. It must never download a large wheel, and never raise for what the
network or a damaged file does.
"""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from installer.core.packages.archive import Archive
from installer.host.byte_sources import ByteSource, served, stored
from installer.host.index_client import IndexClient
from installer.host.source_archives import SourceArchive

_DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, OSError, ValueError, NotImplementedError, struct.error,
)  # fmt: skip
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_GAP = 64 * 1024
"""Neighbours this close are fetched in one go: that costs less than another question."""
_LONGEST = 4 * 1024 * 1024
_SIDE_BY_SIDE = 4
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def open_archive(url: str, client: IndexClient, timeout_s: float) -> Archive | None:
    """The wheel at an address or a path; `None` if it cannot be opened there."""
    try:
        source = _source(url, client, timeout_s)
        if source and url.partition("#")[0].endswith(".tar.gz"):
            return SourceArchive(url, source)
        return ZipArchive(url, source) if source else None
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        EOFError,
        zlib.error,
        OSError,
        ValueError,
        NotImplementedError,
        struct.error,
    ):
        return None


def _source(url: str, client: IndexClient, timeout_s: float) -> ByteSource | None:
    place = urlsplit(url)
    if place.scheme in ("http", "https"):
        return served(client, url.partition("#")[0], timeout_s)
    return stored(Path(unquote(place.path) if place.scheme == "file" else url))


class ZipArchive:
    """A zip file over a `ByteSource`. Raises `zipfile.BadZipFile` where it is none."""

    def __init__(self, url: str, source: ByteSource) -> None:
        self.url = url
        self._source = source
        self._window = _Window(source)
        with zipfile.ZipFile(self._window) as listing:
            entries = listing.infolist()
            offsets = sorted({entry.header_offset for entry in entries} | {listing.start_dir})
        self._entries = {entry.filename: entry for entry in entries}
        self._ends = dict(pairwise(offsets))

    @property
    def transferred(self) -> int:
        return self._source.transferred

    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def size(self, member: str) -> int:
        entry = self._entries.get(member)
        return entry.compress_size if entry else 0

    def read(self, member: str, limit: int | None = None) -> bytes | None:
        if limit is None:
            return self.read_many((member,)).get(member)
        pieces, got = [], 0
        for piece in self.pieces(member):
            pieces.append(piece)
            got += len(piece)
            if got >= limit:
                break
        return b"".join(pieces)[:limit] if pieces else None

    def read_many(self, members: Collection[str]) -> dict[str, bytes]:
        wanted = sorted(
            (self._entries[name] for name in members if name in self._entries), key=lambda entry: entry.header_offset
        )
        groups = list(self._groups(wanted))
        if len(groups) > 1 and not self._window.local:
            with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
                found = list(pool.map(self._read_group, groups))
        else:
            found = [self._read_group(group) for group in groups]
        return {name: data for part in found for name, data in part.items()}

    def pieces(self, member: str) -> Iterator[bytes]:
        entry = self._entries.get(member)
        if entry is None:
            return
        header, inflated = b"", _Inflating(entry)
        for piece in self._window.stream(entry.header_offset, self._ends[entry.header_offset]):
            if inflated.started:
                yield from inflated.feed(piece)
            else:
                header += piece
                start = _data_start(header)
                if start is not None and len(header) >= start:
                    yield from inflated.feed(header[start:])
            if inflated.ended:
                return

    def _groups(self, wanted: list[zipfile.ZipInfo]) -> Iterator[list[zipfile.ZipInfo]]:
        """Members that are fetched together."""
        group: list[zipfile.ZipInfo] = []
        for entry in wanted:
            if group:
                near = entry.header_offset - self._ends[group[-1].header_offset] <= _GAP
                short = self._ends[entry.header_offset] - group[0].header_offset <= _LONGEST
                if not (near and short):
                    yield group
                    group = []
            group.append(entry)
        if group:
            yield group

    def _read_group(self, group: list[zipfile.ZipInfo]) -> dict[str, bytes]:
        start, end = group[0].header_offset, self._ends[group[-1].header_offset]
        span = self._window.span(start, end)
        if span is None:
            return {}
        found: dict[str, bytes] = {}
        for entry in group:
            own = memoryview(span)[entry.header_offset - start : self._ends[entry.header_offset] - start]
            data = _unpacked(entry, own)
            if data is not None:
                found[entry.filename] = data
        return found


class _Window(io.RawIOBase):
    """A source as zipfile wants to see it: seekable, with the end already here."""

    def __init__(self, source: ByteSource) -> None:
        super().__init__()
        self._source = source
        self._tail = source.tail
        self._at = 0
        self.local = not source.tail

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        if self._at < 0:
            raise OSError("before the beginning")
        return self._at

    def read(self, count: int = -1) -> bytes:
        end = self._source.size if count < 0 else min(self._at + count, self._source.size)
        if end <= self._at:
            return b""
        first = self._source.size - len(self._tail)
        if not self.local and self._at < first:
            more = self._source.span(self._at, first)
            if more is None:
                raise OSError("the list of members could not be fetched")
            self._tail, first = more + self._tail, self._at
        data = self.span(self._at, end)
        if data is None:
            raise OSError("could not be read")
        self._at = end
        return data

    def span(self, start: int, end: int) -> bytes | None:
        first = self._source.size - len(self._tail)
        return self._tail[start - first : end - first] if start >= first else self._source.span(start, end)

    def stream(self, start: int, end: int) -> Iterator[bytes]:
        first = self._source.size - len(self._tail)
        if start >= first:
            yield self._tail[start - first : end - first]
        else:
            yield from self._source.stream(start, end)


class _Inflating:
    """Unpacks one member as it comes."""

    def __init__(self, entry: zipfile.ZipInfo) -> None:
        self._left = entry.compress_size
        self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if entry.compress_type == _DEFLATED else None
        self._known = entry.compress_type in (_STORED, _DEFLATED)
        self.started = False

    @property
    def ended(self) -> bool:
        return not self._known or self._left <= 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        self.started = True
        piece = piece[: self._left]
        self._left -= len(piece)
        if not self._known:
            return
        try:
            data = self._unpacker.decompress(piece) if self._unpacker else piece
        except zlib.error:
            self._known = False
            return
        if data:
            yield data


def _data_start(header: bytes | memoryview) -> int | None:
    """Where a member's data begins, counted from its local header; `None` while that is not all there."""
    if len(header) < 30:
        return None
    magic, name, extra = _LOCAL_HEADER.unpack_from(header)
    return 30 + int(name) + int(extra) if magic == b"PK\x03\x04" else None


def _unpacked(entry: zipfile.ZipInfo, span: memoryview) -> bytes | None:
    """A whole member, where it is intact."""
    start = _data_start(span)
    if start is None:
        return None
    data = b"".join(_Inflating(entry).feed(bytes(span[start:])))
    return data if len(data) == entry.file_size and zlib.crc32(data) == entry.CRC else None
