"""Looks into what is not installed: from shipped knowledge of that very release, the cache, or the wheels themselves.

What is shipped was derived from the wheels on PyPI, with more time than a plan has; a wheel of this machine is read.
Everything is asked side by side and waited for no longer than a bound in all; what does not come in time is not known.
Reads through the host only. It must never download a large wheel to check it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

from packaging.utils import canonicalize_name

from installer.core.contracts.host import Host
from installer.core.packages.archive import Archive
from installer.core.plans.stack import EngineFacts, Placed, Release, TransformersFacts, WheelFacts
from installer.core.runs.home import Home
from installer.knowledge import build_tags, extensions, kernels
from installer.knowledge.engines import definitions, shipped, wheel_facts
from installer.packages import json_files
from installer.packages.pylock import requirement_name
from installer.packages.releases import Listings, package_sources, releases
from installer.packages.wheels import contents, inspection_cache
from installer.packages.wheels.concurrent_queries import Waiting

BOUND_S = 10.0
BINARIES = 14 * 1024 * 1024
"""Bytes that one plan may spend on compiled extensions; the rest of its 25 MB is for engines, models and listings."""
_EACH = 8 * 1024 * 1024
_MARGIN = 2 * 1024 * 1024
"""By how much one wheel may go beyond its share, so that an extension just above it is read whole."""
_OF_OTHERS = 0
"""Of a package that no row names only a beginning is read: its libraries, not all of its GPUs."""

Facts = TypeVar("Facts", EngineFacts, TransformersFacts)


class WheelLookups:
    """Implements `installer.core.plans.stack.Lookups`. `close` it when the plan is made."""

    def __init__(
        self, host: Host, home: Home, *, as_of: str | None = None, offline: bool = False, bound_s: float = BOUND_S
    ) -> None:
        # Today is no restriction: what an index does not date would be left out for nothing.
        self._as_of = as_of if as_of and as_of[:10] < date.today().isoformat() else None
        self._host, self._offline = host, offline
        self._cache = home.cache
        self._listings = Listings(
            host, package_sources(host.sources(), host.environment()), home.cache / "listings", offline
        )
        self._waiting = Waiting(bound_s)
        self._lock = threading.Lock()
        self._left = BINARIES
        self._urls: dict[tuple[str, str], str] = {}

    @property
    def late(self) -> int:
        """Questions that the network did not answer in time."""
        return self._waiting.late

    def transferred(self) -> int:
        """Bytes fetched so far."""
        return self._host.transferred()

    def prefetch(self, packages: Iterable[Placed]) -> None:
        """Begin to look at what the checks will require, without waiting for it.

        Where only names and versions are known yet, the wheels are found by the index's listing.
        """
        placed = list(packages)
        self._urls |= {(package.name, package.version): package.url for package in placed if package.url}
        for package in placed:  # first what most checks ask; wheels are many, and of a folder they are read whole
            self._prefetch_lists(package)
        for package in placed:
            if package.name in extensions.members() and not kernels.is_known(package):
                self._waiting.begin(_key(package), self._asking_wheel(package))

    def _prefetch_lists(self, package: Placed) -> None:
        name, version = package.name, package.version
        if name in definitions.engines() and not self._shipped_engine(name, version):
            self._waiting.begin(("engine", name, version), self._asking_engine(name, version))
        if name == "transformers" and not self._shipped_transformers(version):
            self._waiting.begin(("transformers", version), self._asking_transformers(version))

    def wheel(self, package: Placed) -> WheelFacts | None:
        return self._waiting.answer(_key(package), self._asking_wheel(package), None)

    def engine(self, engine: str, version: str) -> EngineFacts | None:
        return self._shipped_engine(engine, version) or self._waiting.answer(
            ("engine", engine, version), self._asking_engine(engine, version), None
        )

    def transformers(self, version: str) -> TransformersFacts | None:
        return self._shipped_transformers(version) or self._waiting.answer(
            ("transformers", version), self._asking_transformers(version), None
        )

    def releases(self, package: str) -> tuple[Release, ...]:
        nothing: tuple[Release, ...] = ()
        found = self._waiting.answer(("releases", package), lambda: self._releases(package, self._as_of), nothing)
        return found or _shipped(package, self._as_of)

    def close(self) -> None:
        self._waiting.close()

    def _shipped_engine(self, engine: str, version: str) -> EngineFacts | None:
        return None if self._is_own(engine, version) else shipped.knowledge_engine(engine, version)

    def _shipped_transformers(self, version: str) -> TransformersFacts | None:
        return None if self._is_own("transformers", version) else shipped.knowledge_transformers(version)

    def _is_own(self, name: str, version: str) -> bool:
        """Whether it comes from this machine itself, and so need not be what PyPI has under that version."""
        return build_tags.of_this_machine(self._urls.get((name, version), ""))

    def _releases(self, package: str, as_of: str | None) -> tuple[Release, ...]:
        files = self._listings.files(package, dated=as_of is not None, timeout_s=self._patience())
        return releases(files, package, as_of)

    def _asking_wheel(self, package: Placed) -> Callable[[], WheelFacts | None]:
        return lambda: self._wheel(package)

    def _wheel(self, package: Placed) -> WheelFacts | None:
        url = package.url or self._url(package.name, package.version)
        if not url.partition("#")[0].endswith(".whl"):
            return None
        file = self._cache / "wheels" / f"{_digest(url)}.json"
        kept = inspection_cache.wheel(json_files.read(file))
        unread = package.name in extensions.members() and kept is not None and not any(b.elf for b in kept.binaries)
        if kept is not None and (self._offline or not unread):
            return kept
        archive = self._archive(url)
        if archive is None:
            return kept
        found = contents.facts(url, archive)
        looked = self._with_binaries(package, found, archive)
        if url.startswith(("http://", "https://")):
            json_files.write(file, inspection_cache.to_json(looked))
        return looked

    def _with_binaries(self, package: Placed, found: WheelFacts, archive: Archive) -> WheelFacts:
        """The same with its extensions, where it is likely to have code for GPUs or for torch."""
        globs = extensions.members().get(package.name, ())
        pure = all(tag.endswith("-any") for tag in found.tags)
        if pure or not (globs or "torch" in map(requirement_name, found.requires)):
            return found
        members = contents.extensions(archive, globs)[:1]
        read = contents.read_binaries(archive, members, may_spend=self._allowance(_EACH if globs else _OF_OTHERS))
        return contents.with_binaries(found, read)

    def _allowance(self, most: int) -> Callable[[int], bool]:
        """Asked before more bytes of one wheel are fetched."""
        own = most

        def may_spend(count: int) -> bool:
            nonlocal own
            with self._lock:
                if count > min(self._left, own + _MARGIN):
                    return False
                self._left -= count
                own -= count
                return True

        return may_spend

    def _asking_engine(self, engine: str, version: str) -> Callable[[], EngineFacts | None]:
        def read(archive: Archive) -> EngineFacts | None:
            return wheel_facts.engine_facts(engine, version, archive)

        return lambda: self._facts(engine, version, inspection_cache.engine, read)

    def _asking_transformers(self, version: str) -> Callable[[], TransformersFacts | None]:
        def read(archive: Archive) -> TransformersFacts | None:
            return wheel_facts.transformers_facts(version, archive)

        return lambda: self._facts("transformers", version, inspection_cache.transformers, read)

    def _facts(
        self, name: str, version: str, load: Callable[[Any], Facts | None], extract: Callable[[Archive], Facts | None]
    ) -> Facts | None:
        """Kept facts, else those that `extract` reads out of the wheel."""
        placed = self._urls.get((name, version))
        which = f"-{_digest(placed)[:8]}" if placed else ""
        file = self._cache / "engines" / f"{name}-{version}{which}.json"
        if (kept := load(json_files.read(file))) is not None:
            return kept
        url = self._url(name, version)
        archive = self._archive(url) if url else None
        found = extract(archive) if archive else None
        if found is not None:
            json_files.write(file, inspection_cache.to_json(found))
        return found

    def _archive(self, url: str) -> Archive | None:
        far = url.startswith(("http://", "https://"))
        return None if self._offline and far else self._host.archive(url, timeout_s=self._patience())

    def _url(self, package: str, version: str) -> str:
        """A wheel of that release: the one that is installed, else any for Linux on x86-64, else any."""
        if (package, version) in self._urls:
            return self._urls[(package, version)]
        release = next((one for one in self._releases(package, None) if _same(one.version, version)), None)
        return max(release.wheels, key=_rank, default="") if release else ""

    def _patience(self) -> float:
        return max(0.5, min(8.0, self._waiting.left_s))


def _shipped(package: str, as_of: str | None) -> tuple[Release, ...]:
    """The releases that shipped knowledge lists, without their wheels."""
    return tuple(
        Release(version, day) for version, day in shipped.knowledge_releases(package) if as_of is None or day <= as_of
    )


def _key(package: Placed) -> tuple[str, str]:
    return "wheel", package.url or f"{package.name}=={package.version}"


def _digest(url: str) -> str:
    return hashlib.sha256(url.partition("#")[0].encode()).hexdigest()[:32]


def _rank(url: str) -> tuple[bool, bool]:
    return "manylinux" in url and "x86_64" in url, url.endswith("none-any.whl")


def _same(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return canonicalize_name(one) == canonicalize_name(other)
