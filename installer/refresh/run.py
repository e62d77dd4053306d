"""One run over this machine's index that brings derived tables up to date. Reads wheels by range; installs nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from installer.core.contracts.host import Host
from installer.core.packages.archive import Archive
from installer.core.plans.stack import Release
from installer.packages.releases import Listings, releases

TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Run:
    """The input of every derivation."""

    host: Host
    listings: Listings
    folder: Path
    """Where the tables are and are written to: `installer/knowledge`, or a copy of it."""

    @property
    def today(self) -> str:
        return date.today().isoformat()

    def released(self, package: str) -> tuple[Release, ...]:
        """Every release with a wheel that was not yanked, oldest first; empty if the index did not answer."""
        found = releases(self.listings.files(package, dated=True, timeout_s=TIMEOUT_S), package)
        return tuple(release for release in found if release.wheels and not release.yanked)

    def archive(self, release: Release) -> Archive | None:
        """The wheel for Linux on x86-64, else any."""
        url = max(release.wheels, key=lambda url: ("x86_64" in url, url.partition("#")[0].endswith("none-any.whl")))
        return self.host.archive(url, timeout_s=TIMEOUT_S)


def missing(table: Table, run: Run, package: str) -> list[Release]:
    """The releases that the index has and the table has not, oldest first."""
    known = table.known(run, package)
    return [release for release in run.released(package) if release.version not in known]


class Table(Protocol):
    """A table that is derived from the wheels of some packages."""

    @property
    def name(self) -> str:
        """Its file in the folder of knowledge, without the ending."""

    @property
    def packages(self) -> tuple[str, ...]: ...

    def known(self, run: Run, package: str) -> frozenset[str]:
        """The releases that need not be read any more."""

    def refresh(self, run: Run) -> Iterator[str]:
        """Read what is missing, write the file where that changes it, and say what changed, a line each."""


class Prefetched:
    """A wheel whose Python sources and metadata are read in one go: a dozen requests instead of thousands."""

    def __init__(self, archive: Archive) -> None:
        self.url = archive.url
        self._names = archive.names()
        wanted = [name for name in self._names if name.endswith(".py") or ".dist-info/" in name]
        self._read = archive.read_many(wanted)
        self.complete = len(self._read) == len(wanted)

    def names(self) -> tuple[str, ...]:
        return self._names

    def read_many(self, members: Collection[str]) -> dict[str, bytes]:
        return {name: self._read[name] for name in members if name in self._read}
