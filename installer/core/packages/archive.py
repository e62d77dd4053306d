"""The contract of a wheel (or any zip file) that is read in place. Implemented in `installer.host.archives`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol


class Archive(Protocol):
    """One wheel, opened without being downloaded; safe to use from several threads.

    Nothing here raises for what the network does: what cannot be read is `None`, or absent.
    """

    @property
    def url(self) -> str: ...

    @property
    def transferred(self) -> int:
        """Bytes fetched for it so far; 0 for a file of this machine."""

    def names(self) -> tuple[str, ...]:
        """Every member, in the order of the file."""

    def size(self, member: str) -> int:
        """Bytes of a member as it is in the file (compressed), which is what reading it costs; 0: no such member."""

    def read(self, member: str, limit: int | None = None) -> bytes | None:
        """A member, or its first `limit` bytes (uncompressed) for no more than what those cost."""

    def read_many(self, members: Collection[str]) -> dict[str, bytes]:
        """Several members, neighbours fetched together; those that could not be read are absent."""

    def pieces(self, member: str) -> Iterator[bytes]:
        """A member, uncompressed, piece by piece from its beginning; ends early where the network does.

        What is not read is not downloaded: stop as soon as enough was seen.
        """
