"""The releases of a package on this machine's own indexes and in its folders of wheels, as of a day.

A listing is kept for ten minutes; without the network the last one is used, however old. Reads through the host only;
an index that does not answer is left out.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from installer.core.contracts.host import Host
from installer.core.packages.sources import PUBLIC_INDEX, Sources
from installer.core.plans.stack import Release
from installer.packages.index_listing import ACCEPT, ListedFile, read_page, read_project, version_of
from installer.packages.json_files import read, write
from installer.packages.wheels.concurrent_queries import side_by_side

_FRESH_S = 600.0


@dataclass(frozen=True, slots=True)
class PackageSources:
    """Where packages are looked for."""

    indexes: tuple[str, ...]
    folders: tuple[str, ...]


def package_sources(sources: Sources, environment: Mapping[str, str]) -> PackageSources:
    """Those of uv's own variables, then those of pip's configuration."""
    named = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL") or sources.index_url or PUBLIC_INDEX
    extra = f"{environment.get('UV_INDEX', '')} {environment.get('UV_EXTRA_INDEX_URL', '')}".split()
    # uv takes names for indexes, as in `internal=https://…`.
    more = [place.partition("=")[2] if "=" in place.partition("://")[0] else place for place in extra]
    links = environment.get("UV_FIND_LINKS", "").replace(",", " ").split()
    indexes = () if sources.no_index else (*(more or sources.extra_index_urls), named)
    return PackageSources(tuple(dict.fromkeys(url.rstrip("/") for url in indexes)), tuple(links) or sources.find_links)


@dataclass(frozen=True, slots=True)
class Listings:
    """Requests the files of a package, and keeps the answers in `folder`."""

    host: Host
    package_sources: PackageSources
    folder: Path
    offline: bool = False

    def files(self, package: str, *, timeout_s: float = 5.0, dated: bool = False) -> tuple[ListedFile, ...]:
        """Every file that any place lists. `dated`: ask further where an index does not say when they came."""
        kept = self._file(package, dated)
        body = read(kept)
        fresh = isinstance(body, dict) and 0 <= time.time() - float(body.get("at", 0)) < _FRESH_S
        if isinstance(body, dict) and (fresh or self.offline):
            return tuple(_files(body))
        answers = [] if self.offline else self._ask(canonicalize_name(package), timeout_s, dated)
        found = [file for answer in answers if answer is not None for file in answer]
        if any(answer is None for answer in answers) and isinstance(body, dict):
            return tuple(_files(body))  # one of them did not answer today: the older list is the fuller one
        if found and None not in answers:
            write(kept, {"at": time.time(), "files": [asdict(file) for file in found]})
        return tuple(found)

    def _file(self, package: str, dated: bool) -> Path:
        question = json.dumps(
            [canonicalize_name(package), self.package_sources.indexes, self.package_sources.folders, dated]
        )
        return self.folder / f"{hashlib.sha256(question.encode()).hexdigest()[:24]}.json"

    def _ask(self, package: str, timeout_s: float, dated: bool) -> list[tuple[ListedFile, ...] | None]:
        asked: list[Callable[[], tuple[ListedFile, ...] | None]] = []
        for url in self.package_sources.indexes:
            asked.append(lambda url=url: self._index(url, package, timeout_s, dated))  # type: ignore[misc]
        for folder in self.package_sources.folders:
            asked.append(lambda folder=folder: self._page(folder, timeout_s))  # type: ignore[misc]
        return side_by_side(asked, None, 2 * timeout_s)

    def _index(self, url: str, package: str, timeout_s: float, dated: bool) -> tuple[ListedFile, ...] | None:
        found = self._page(f"{url}/{package}/", timeout_s)
        if not found or not dated or all(file.uploaded for file in found):
            return found
        root = url.removesuffix("/simple")
        answer = self.host.page(f"{root}/pypi/{package}/json", timeout_s=timeout_s) if root != url else None
        return (answer and answer.ok and read_project(answer.body, answer.url)) or found

    def _page(self, url: str, timeout_s: float) -> tuple[ListedFile, ...] | None:
        """`None`: no answer, so that nothing is known; empty: it has no such package."""
        answer = self.host.page(url, accept=ACCEPT, timeout_s=timeout_s)
        if answer.ok:
            return read_page(answer.body, answer.url)
        return () if answer.status in (401, 403, 404, 410) else None


def releases(files: Iterable[ListedFile], package: str, as_of: str | None = None) -> tuple[Release, ...]:
    """The releases among `files`, oldest version first; of those that had come by the end of the day `as_of`.

    As uv does, a file whose day is not known is left out where a day was requested.
    """
    by_version: dict[str, list[ListedFile]] = {}
    for file in files:
        version = version_of(file.name, package)
        if version and (as_of is None or (file.uploaded and file.uploaded[:10] <= as_of[:10])):
            by_version.setdefault(version, []).append(file)
    return tuple(_release(version, by_version[version]) for version in _sorted(by_version))


def _release(version: str, files: Sequence[ListedFile]) -> Release:
    days = [file.uploaded for file in files if file.uploaded]
    return Release(
        version=version,
        released=min(days)[:10] if days else "",
        requires_python=next((file.requires_python for file in files if file.requires_python), ""),
        wheels=tuple(dict.fromkeys(file.url for file in files if file.name.endswith(".whl"))),
        yanked=all(file.yanked for file in files),
    )


def _sorted(versions: Iterable[str]) -> list[str]:
    from packaging.version import Version

    return sorted(versions, key=Version)


def _files(body: Mapping[str, object]) -> Iterator[ListedFile]:
    listed = body.get("files")
    for file in listed if isinstance(listed, list) else ():
        try:
            yield ListedFile(**file)
        except TypeError:
            continue
