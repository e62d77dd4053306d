"""Which indexes one install command asks, and what replaces those that cannot be asked. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from installer.audit.simulation.environments import Course
from installer.audit.simulation.known_indexes import KnownIndex, known_index
from installer.audit.simulation.requirement import Wanted
from installer.core.packages.sources import PUBLIC_INDEX
from installer.core.plans.procedure import Install

_PUBLIC = (PUBLIC_INDEX, PUBLIC_INDEX.replace("https:", "http:"), PUBLIC_INDEX.replace("pypi.", "pypi.python."))


@dataclass(frozen=True, slots=True)
class StandIn:
    """An index that cannot be asked: the default index answers for it, within what is known of it."""

    url: str
    row: KnownIndex | None
    exclusive: bool = False
    """Whether the command asks this index alone."""

    def versions(self, wanted: Wanted) -> tuple[str, ...] | None:
        """Those of the versions that it has and that would do; `None`: which versions it has is unknown."""
        held = self.row.holds.get(wanted.name, ()) if self.row else ()
        if not held:
            return None
        return tuple(version for version in held if wanted.allows(version) or wanted.allows(self.labelled(version)))

    def labelled(self, version: str) -> str:
        """The version as this index spells it."""
        local = self.row.local if self.row else ""
        return f"{version}+{local}" if local and "+" not in version else version


@dataclass(frozen=True, slots=True)
class Indexes:
    """Everything that one command asks."""

    default: str
    indexes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    best_match: bool = True
    replaced: str = ""
    """Address of the index that the command puts in place of the default one; empty if it does not."""

    @property
    def exclusive(self) -> StandIn | None:
        return next((stand_in for stand_in in self.stand_ins if stand_in.exclusive), None)

    def holding(self, wanted: Wanted) -> StandIn | None:
        """The first stand-in that is known to have what is required, if need be in another version only."""
        holders = [place for place in self.stand_ins if place.row and wanted.name in place.row.holds]
        return next((place for place in holders if place.versions(wanted) != ()), next(iter(holders), None))

    def bounds(self) -> tuple[str, ...]:
        """What uv may take of packages that stand-ins have: an index that knows a name comes before the default one."""
        from packaging.version import Version

        if self.best_match:
            return ()
        held: dict[str, list[str]] = {}
        for row in (place.row for place in self.stand_ins if place.row):
            for name, versions in row.holds.items():
                held.setdefault(name, []).extend(versions or ["0"])
        known = {name: sorted(versions, key=Version) for name, versions in held.items() if "0" not in versions}
        return tuple(f"{name}>={versions[0]},<={versions[-1]}" for name, versions in known.items())

    def with_default(self, default: str) -> Indexes:
        """The same indexes with the default index asked as well, after the others."""
        indexes = tuple(dict.fromkeys([*self.indexes, *([self.default] if self.default else [])]))
        return replace(self, default=default, indexes=tuple(url for url in indexes if url != default))


def addresses(step: Install) -> Iterator[str]:
    """Every address that a command names to take packages from."""
    sourcing = step.sourcing
    if sourcing.index_url:
        yield sourcing.index_url
    yield from sourcing.extra_index_urls
    yield from (link for link in sourcing.find_links if link.startswith(("http://", "https://")))


def is_public(url: str, course: Course) -> bool:
    return url.rstrip("/") in (*_PUBLIC, course.origins.default.rstrip("/"))


def indexes_for(course: Course, step: Install) -> Indexes:
    """Where `step` takes its packages from."""
    sourcing = step.sourcing
    best_match = sourcing.strategy != "first-index"
    own = Indexes("" if sourcing.no_index else course.origins.default, best_match=best_match)
    if step.tool == "pip":
        own = replace(own, indexes=course.origins.extra, links=course.origins.links)
    if sourcing.index_url and not is_public(sourcing.index_url, course):
        own = _replaced(own, sourcing.index_url, course)
    for url in sourcing.extra_index_urls:
        own = _also(own, url, course)
    for link in sourcing.find_links:
        own = _linked(own, link, course)
    return own


def _replaced(own: Indexes, url: str, course: Course) -> Indexes:
    row = known_index(url)
    if course.reachable.get(url):
        return replace(own, default=url, replaced=url)
    if row and row.everything:
        return own
    return replace(own, stand_ins=(StandIn(url, row, exclusive=True),), replaced=url)


def _also(own: Indexes, url: str, course: Course) -> Indexes:
    if is_public(url, course):
        # The public index is asked after all, so whatever replaced it is one of several.
        freed = tuple(replace(place, exclusive=False) for place in own.stand_ins)
        return replace(own.with_default(course.origins.default), stand_ins=freed, replaced="")
    if course.reachable.get(url):
        return replace(own, indexes=(*own.indexes, url))
    return replace(own, stand_ins=(*own.stand_ins, StandIn(url, known_index(url))))


def _linked(own: Indexes, link: str, course: Course) -> Indexes:
    if link.startswith(("http://", "https://")) and not course.reachable.get(link):
        return replace(own, stand_ins=(*own.stand_ins, StandIn(link, known_index(link))))
    return replace(own, links=(*own.links, link))
