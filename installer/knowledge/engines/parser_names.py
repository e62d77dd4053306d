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
    """The parsers of a release that read `tool` calls, or `reasoning`; `None` if that is not known."""
    document = tables.table(TABLE)["engines"].get(engine)
    if document is None or release not in document["releases"]:
        return None
    positions = {version: place for place, version in enumerate(document["releases"])}
    here = positions[release]
    return frozenset(name for name, where in document[kind].items() if intervals.covers(where, here, positions))


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
    if "@" in place:
        return _registered(sources, place)
    dotted, _, name = place.partition(":")
    module = sources.module(sources.member_of(dotted))
    written = _written(module, name) if module else None
    if not isinstance(written, ast.Dict):
        return frozenset()
    return frozenset(key.value for key in written.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _registered(sources: Sources, place: str) -> frozenset[str]:
    """What the classes of a package are registered as by a decorator ("package@Manager.method")."""
    package, _, decorator = place.partition("@")
    files = sources.within(f"{package.replace('.', '/')}/")
    sources.fetch(files)
    trees = [module.tree for module in map(sources.module, files) if module]
    calls = [
        call
        for tree in trees
        for node in tree.body if isinstance(node, ast.ClassDef)
        for call in node.decorator_list if isinstance(call, ast.Call) and ast.unparse(call.func) == decorator
    ]  # fmt: skip
    given = [
        node for call in calls for node in (*call.args, *(one.value for one in call.keywords if one.arg == "name"))
    ]
    return frozenset(
        name.value
        for node in given
        for name in (node.elts if isinstance(node, ast.List) else [node])
        if isinstance(name, ast.Constant) and isinstance(name.value, str)
    )


def _written(module: Module, name: str) -> ast.expr | None:
    """What a module assigns to a name, or a class of it to an attribute."""
    owner, _, attribute = name.rpartition(".")
    if not owner:
        return module.assigned.get(name)
    return members(module.classes[owner]).get(attribute) if owner in module.classes else None
