"""The names of an engine's parsers for tool calls and thoughts, release by release (`knowledge/parser_names.yaml`).

A name that a release does not have ends its start. Reads wheels without running them; what no release said is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache

from installer.core.engines import Engine
from installer.knowledge import tables
from installer.knowledge.engines import intervals
from installer.knowledge.engines.sources import Members, Module, Sources
from installer.knowledge.engines.values import members

TABLE = "parser_names"


@cache
def known(engine: str, release: str, kind: str) -> frozenset[str] | None:
    """The parsers of a release that read `tool` calls, or `reasoning`; `None` where that is not known."""
    document = tables.table(TABLE)["engines"].get(engine)
    if document is None or release not in document["releases"]:
        return None
    positions = {version: place for place, version in enumerate(document["releases"])}
    here = positions[release]
    return frozenset(name for name, where in document[kind].items() if intervals.holds(where, here, positions))


def in_wheel(by: Engine, archive: Members) -> Mapping[str, frozenset[str]]:
    """By kind, the names that a wheel lists; a kind that it does not list in any known place is absent."""
    sources = Sources(archive)
    found = {
        kind: names
        for kind, locations in by.parsers.items()
        for place in locations
        if (names := _listed(sources, place))
    }
    return found


def _listed(sources: Sources, place: str) -> frozenset[str]:
    dotted, _, name = place.partition(":")
    module = sources.module(sources.member_of(dotted))
    written = _written(module, name) if module else None
    if not isinstance(written, ast.Dict):
        return frozenset()
    return frozenset(key.value for key in written.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _written(module: Module, name: str) -> ast.expr | None:
    """What a module assigns to a name, or a class of it to an attribute."""
    owner, _, attribute = name.rpartition(".")
    if not owner:
        return module.assigned.get(name)
    return members(module.classes[owner]).get(attribute) if owner in module.classes else None
