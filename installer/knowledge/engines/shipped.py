"""What shipped knowledge says of each release of SGLang, vLLM and Transformers (`installer/knowledge/engines`).

Reads each file once, when first asked. Never fills a gap: a release that no row has is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from installer.core.plans.flag import Flag
from installer.core.plans.stack import EngineFacts, TransformersFacts
from installer.knowledge.engines import definitions, intervals, tables

_FOLDER = Path(__file__).parent


@cache
def knowledge_engine(engine: str, version: str) -> EngineFacts | None:
    """What is shipped about one release of an engine (by its name, or that of a distribution)."""
    known = definitions.engine(engine)
    name = known.name if known else engine
    document = _document(name)
    found = _version(document, version) if document else None
    if document is None or found is None:
        return None
    return tables.engine_of(document, name, found, _source(name, document))


@cache
def knowledge_transformers(version: str) -> TransformersFacts | None:
    document = _document("transformers")
    found = _version(document, version) if document else None
    return tables.transformers_of(document, found, _source("transformers", document)) if document and found else None


def knowledge_releases(package: str) -> tuple[tuple[str, str], ...]:
    """Version and day of every release that is shipped, oldest first."""
    document = _document(package)
    return tuple((row[0], row[1]) for row in document["releases"]) if document else ()


@cache
def flag_history(engine: str) -> Mapping[str, str]:
    """Every spelling that any release of an engine had as a flag, with the releases that had it."""
    document = _document(engine)
    if document is None:
        return {}
    releases = [row[0] for row in document["releases"]]
    index_of = {version: place for place, version in enumerate(releases)}
    found: dict[str, set[int]] = {}
    for row in document["flags"]:
        here = intervals.positions_in(row[-1], index_of)
        for name in row[0].split(" "):
            found.setdefault(name, set()).update(here)
    return {name: intervals.written(here, releases) for name, here in found.items()}


@cache
def any_release(engine: str) -> EngineFacts | None:
    """Every flag that any release of an engine had, as the newest one with it takes it: to read without a release."""
    document = _document(engine)
    if document is None:
        return None
    index_of = {row[0]: place for place, row in enumerate(document["releases"])}
    seen, flags = set[str](), list[Flag]()
    for row in sorted(document["flags"], key=lambda row: -max(intervals.positions_in(row[-1], index_of))):
        flag = tables.flag_of(row, document["choices"])
        fresh = tuple(name for name in flag.names if name not in seen)
        seen.update(fresh)
        flags += [replace(flag, names=fresh)] if fresh else []
    newest = document["releases"][-1]
    source = _source(engine, document)
    return EngineFacts(engine=engine, version="", source=source, flags=tuple(flags), underscores=newest[3])


def others_with(flag: str, engine: str) -> list[str]:
    """The other engines of which some release has a flag."""
    return [one for one in definitions.engines() if one != engine and flag in flag_history(one)]


def around(engine: str, version: str, flag: str) -> bool:
    """Whether this release has a flag, or releases on both sides of it do: not to find it is likely a misreading."""
    document = _document(engine)
    found = _version(document, version) if document else None
    history = flag_history(engine).get(flag)
    if document is None or found is None or history is None:
        return False
    index_of = {row[0]: place for place, row in enumerate(document["releases"])}
    have = intervals.positions_in(history, index_of)
    return min(have) <= index_of[found] <= max(have)


@cache
def variable_history(engine: str) -> Mapping[str, str]:
    """Every variable that any release of an engine read, with the releases that read it."""
    document = _document(engine)
    return document["variables"] if document else {}


@cache
def field_history(engine: str) -> Mapping[str, str]:
    """Every field that any release had in an option that takes JSON, with the releases that had it."""
    document, found = _document(engine), dict[str, set[int]]()
    if document is None:
        return {}
    releases = [row[0] for row in document["releases"]]
    index_of = {version: place for place, version in enumerate(releases)}
    for row, where in document.get("fields", {}).items():
        found.setdefault(row.partition(" ")[0], set()).update(intervals.positions_in(where, index_of))
    return {path: intervals.written(here, releases) for path, here in found.items()}


@cache
def synonyms(engine: str) -> Mapping[str, frozenset[str]]:
    """For each spelling, all that any release of an engine took for the same flag."""
    document, found = _document(engine), dict[str, frozenset[str]]()
    for row in document["flags"] if document else ():
        names = frozenset(row[0].split(" "))
        found.update({name: found.get(name, frozenset()) | names for name in names})
    return found


@cache
def renames(engine: str) -> Mapping[str, str]:
    """What releases of an engine themselves said to use instead of a flag; the newest one's word."""
    document, found = _document(engine), dict[str, str]()
    for row in document["flags"] if document else ():
        flag = tables.flag_of(row, document["choices"]) if document and row[2].get("replacement") else None
        if isinstance(flag, Flag):
            found.update(dict.fromkeys(flag.names, flag.replacement))
    return found


@cache
def releases_with(engine: str, architecture: str) -> frozenset[str]:
    """The releases of an engine that have an architecture."""
    document = _document(engine)
    return _releases_in(document, document["architectures"].get(architecture, "")) if document else frozenset()


@cache
def requirements_on(engine: str, package: str) -> Mapping[str, str]:
    """What each release of an engine asks of a package, as its metadata says it."""
    document, found = _document(engine), dict[str, str]()
    for line, where in document["requires"].items() if document else ():
        if re.match(rf"{re.escape(package)}(?![\w.-])", line, re.IGNORECASE):
            found.update(dict.fromkeys(_releases_in(document, where), line))
    return found


@cache
def own_types(engine: str) -> frozenset[str]:
    """The model types for which any release of an engine provides a config class of its own."""
    document = _document(engine)
    return frozenset(document["own_model_types"]) if document else frozenset()


def _releases_in(document: Mapping[str, Any] | None, where: str) -> frozenset[str]:
    versions = [row[0] for row in document["releases"]] if document and where else []
    positions = {version: place for place, version in enumerate(versions)}
    return frozenset(versions[place] for place in intervals.positions_in(where, positions)) if where else frozenset()


@cache
def _document(name: str) -> Mapping[str, Any] | None:
    file = _FOLDER / f"{name}.yaml"
    try:
        return tables.parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _version(document: Mapping[str, Any], version: str) -> str | None:
    """The same release as the document spells it: without a local part, and "0.5.0rc1" for "0.5.0.rc1"."""
    from packaging.version import InvalidVersion, Version

    known = [row[0] for row in document["releases"]]
    if version in known:
        return version
    try:
        wanted = Version(version.partition("+")[0])
    except InvalidVersion:
        return None
    return next((one for one in known if Version(one) == wanted), None)


def _source(name: str, document: Mapping[str, Any]) -> str:
    return f"shipped knowledge (engines/{name}.yaml, {document['checked']})"
