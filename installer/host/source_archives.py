"""Source distributions read in place: small ones are fetched whole, then listed and read. Unpacks nothing.

Implements `installer.core.packages.archive.Archive`; members are named without the folder that contains them all.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Collection, Iterator

from installer.host.byte_sources import ByteSource

LIMIT = 2 * 1024 * 1024
"""Bytes of the largest one that is looked into."""
_MEMBER = 1024 * 1024
_COUNT = 5000


class SourceArchive:
    """A .tar.gz over a `ByteSource`. Raises `ValueError` or `tarfile.TarError` where it is none, or too large."""

    def __init__(self, url: str, source: ByteSource) -> None:
        data = source.span(0, source.size) if 0 < source.size <= LIMIT else None
        if data is None:
            raise ValueError(url)
        self.url = url
        self._source = source
        self._texts: dict[str, bytes] = {}
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as listing:
            for number, entry in enumerate(listing):
                if number > _COUNT:
                    raise ValueError(url)
                name = entry.name.partition("/")[2]
                file = listing.extractfile(entry) if entry.isfile() and name and entry.size <= _MEMBER else None
                if file is not None:
                    self._texts[name] = file.read()

    @property
    def transferred(self) -> int:
        return self._source.transferred

    def names(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def size(self, member: str) -> int:
        return len(self._texts.get(member, b""))

    def read(self, member: str, limit: int | None = None) -> bytes | None:
        found = self._texts.get(member)
        return found[:limit] if found is not None else None

    def read_many(self, members: Collection[str]) -> dict[str, bytes]:
        return {member: self._texts[member] for member in members if member in self._texts}

    def pieces(self, member: str) -> Iterator[bytes]:
        yield from filter(None, [self._texts.get(member)])
