"""What shipped knowledge says of package indexes that cannot be asked from here. Reads `indexes.yaml` only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from packaging.utils import canonicalize_name

from installer.knowledge.tables import table


def _empty() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class KnownIndex:
    url: str
    name: str
    holds: Mapping[str, tuple[str, ...]] = field(default_factory=_empty)
    """Packages that it has, each with its versions, oldest first; no versions: unknown which."""
    also: frozenset[str] = frozenset()
    """Packages of others that it has as well."""
    everything: bool = False
    """Whether it is a copy of the public index."""
    local: str = ""
    """Local part of the versions of its packages, such as "cu124"."""
    prereleases: bool = False
    """Whether it has only pre-releases, a new one every day."""
    candidates: bool = False
    """Whether it has builds that are tried before they become the release whose number they carry."""
    source: str = ""

    def has(self, package: str) -> bool:
        return self.everything or package in self.holds or package in self.also


def known_index(url: str) -> KnownIndex | None:
    """The row about the index at `url`; `None` if nothing is known of it."""
    for row in _rows():
        if match := re.match(str(row["pattern"]), url.rstrip("/")):
            return _index(url, row, match)
    return None


def known_versions(package: str) -> list[str]:
    """Every version of a package that any row knows of, in whatever index."""
    found = list[str]()
    for held in (
        held for row in _rows() for held in row.get("holds", ()) if canonicalize_name(str(held["name"])) == package
    ):
        versions = held.get("versions") or ()
        several = versions.values() if isinstance(versions, Mapping) else (versions,)
        found += [str(version) for some in several for version in some]
    return found


def _rows() -> list[Mapping[str, Any]]:
    try:
        return list(table("indexes").get("indexes", []))
    except OSError:
        return []


def _index(url: str, row: Mapping[str, Any], match: re.Match[str]) -> KnownIndex:
    groups = {name: value or "" for name, value in match.groupdict().items()}
    also = {canonicalize_name("".join(str(name).split())) for name in row.get("also", ()) if name != "*"}
    local = re.sub(r"\{(\w+)\}", lambda part: groups.get(part[1], ""), str(row.get("local", "")))
    return KnownIndex(
        url,
        str(row.get("name", url)),
        {canonicalize_name(str(held["name"])): _versions(held, groups) for held in row.get("holds", ())},
        frozenset(also),
        "*" in row.get("also", ()),
        local.lstrip("+"),
        bool(row.get("prereleases")),
        bool(row.get("candidates")),
        str(row.get("source", "")),
    )


def _versions(held: Mapping[str, Any], groups: Mapping[str, str]) -> tuple[str, ...]:
    from packaging.version import Version

    versions = held.get("versions") or ()
    if isinstance(versions, Mapping):
        versions = next((versions[value] for value in groups.values() if value in versions), ())
    return tuple(sorted(map(str, versions), key=Version))
