"""Why pip found no release, by what it lists: those of this Python and system, and those that it left out. Pure.

Says nothing if a list is cut, and of a range only what the lists themselves show.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

_ASKED = re.compile(r"satisfies the requirement (?P<wanted>[^\n]{1,200}?) \(from versions: (?P<there>[^)]*)\)")
_LEFT_OUT = re.compile(r"Ignored the following versions that require a different python version: (?P<list>[^\n]+)")
_ITEM = re.compile(r"(?P<version>\S+) Requires-Python (?P<python>[^;\n]+)")
_CUT = "[…]"
_VERSION = re.compile(r"[\w.!+-]+")


@dataclass(frozen=True, slots=True)
class _Listing:
    wanted: Requirement
    there: tuple[Version, ...]
    pythons: Mapping[str, str]
    """Which Python each release requires that was left out; of the packages that were looked at together."""

    @property
    def exact(self) -> Version | None:
        """The one release that was requested; `None` if several would do."""
        pins = [one for one in self.wanted.specifier if one.operator == "==" and not one.version.endswith("*")]
        return _version(pins[0].version) if pins else None

    @property
    def has_another_build(self) -> bool:
        """Whether the release is listed, without the local part of the version that was requested."""
        return self.exact is not None and bool(self.exact.local) and Version(self.exact.public) in self.there

    @property
    def other_python(self) -> str:
        """A release that would do and is for another Python; the newest of them, empty if there is none."""
        allowed = [one for one in map(_version, self.pythons) if one and self.wanted.specifier.contains(one, True)]
        return str(max(allowed)) if allowed and (self.wanted.specifier or not self.there) else ""


def other_python(text: str, engine: str, version: str) -> Mapping[str, str] | None:
    """What was requested exists, and is for another Python."""
    listing = _listing(text)
    found = listing.other_python if listing else ""
    if listing is None or not found:
        return None
    python = next(wants for one, wants in listing.pythons.items() if _version(one) == _version(found))
    return {"name": listing.wanted.name, "version": found, "python": python}


def other_index(text: str, engine: str, version: str) -> Mapping[str, str] | None:
    """The release is there, and not the build of it that was requested."""
    listing = _complete_listing(text)
    if listing is None or listing.exact is None or not listing.has_another_build:
        return None
    return {"name": listing.wanted.name, "version": listing.exact.public, "build": str(listing.exact.local)}


def beyond(text: str, engine: str, version: str) -> Mapping[str, str] | None:
    """It is newer than all that is listed."""
    listing = _complete_listing(text)
    if listing is None or listing.exact is None or listing.has_another_build or listing.exact < max(listing.there):
        return None
    return {"name": listing.wanted.name, "version": str(listing.exact), "newest": str(max(listing.there))}


def between(text: str, engine: str, version: str) -> Mapping[str, str] | None:
    """It is missing among those that are listed."""
    listing = _complete_listing(text)
    if listing is None or listing.exact is None or listing.has_another_build or listing.exact > max(listing.there):
        return None
    older = [one for one in listing.there if one < listing.exact]
    newer = min(one for one in listing.there if one > listing.exact)
    near = f"{max(older)}, {newer}" if older else str(newer)
    return {"name": listing.wanted.name, "version": str(listing.exact), "near": near}


def _complete_listing(text: str) -> _Listing | None:
    """The lists, where what was requested is in none of them and nothing was cut off."""
    listing = _listing(text)
    if listing is None or not listing.there or listing.other_python or _CUT in text:
        return None
    return listing


def _listing(text: str) -> _Listing | None:
    asked = _ASKED.search(text)
    if asked is None:
        return None
    try:
        wanted = Requirement(asked["wanted"])
    except InvalidRequirement:
        return None
    left_out = _LEFT_OUT.search(text)
    return _Listing(
        wanted,
        there=tuple(one for one in map(_version, _VERSION.findall(asked["there"])) if one),
        pythons={one["version"]: one["python"].strip() for one in _ITEM.finditer(left_out["list"])} if left_out else {},
    )


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
