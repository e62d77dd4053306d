"""All tables of knowledge: those that are derived, brought up to date, and how old the rows of all of them are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from installer.knowledge.engines import definitions
from installer.refresh.engines import Releases
from installer.refresh.kernels import Kernels
from installer.refresh.loaders import Loaders
from installer.refresh.parser_names import ParserNames
from installer.refresh.run import Run, Table, missing
from installer.refresh.torch import Torch


def derived() -> tuple[Table, ...]:
    """In an order in which each may use what those before it produced."""
    engines = [Releases(name) for name in definitions.engines()]
    return (*engines, Releases("transformers"), Torch(), Kernels(), Loaders(), ParserNames())


@dataclass(frozen=True, slots=True)
class Watched:
    """A package whose releases a table follows."""

    package: str
    known: str
    """The newest release that the table knows; empty: none."""
    newest: str | None
    """The newest on the index; `None`: it did not answer."""
    missing: tuple[str, ...] | None
    """What the index has and the table has not; `None`: not known."""


@dataclass(frozen=True, slots=True)
class Status:
    name: str
    rows: int
    """Rows with a day of their own; where the file has one day, its releases, or the rows of its lists."""
    oldest: str
    """The day on which the row that is oldest was checked."""
    newest: str
    watched: tuple[Watched, ...] = ()

    @property
    def current(self) -> bool | None:
        """`None`: nothing follows an index, or it did not answer."""
        answers = [one.missing for one in self.watched]
        return None if not answers or None in answers else not any(answers)


def statuses(run: Run) -> Iterator[Status]:
    """Every table, by name; asks the index for those that are derived."""
    tables = {table.name: table for table in derived()}
    for file in sorted(run.folder.rglob("*.yaml")):
        name = file.relative_to(run.folder).with_suffix("").as_posix()
        if name != "schema" and not name.endswith(".engine"):
            yield _status(run, file, name, tables.get(name))


def _status(run: Run, file: Path, name: str, table: Table | None) -> Status:
    document = _document(file)
    days = sorted(_days(document))
    rows = len(document.get("releases", ())) or _listed(document) if document.get("checked") else len(days)
    watched = tuple(_watched(run, table, package) for package in table.packages) if table else ()
    return Status(name, rows, days[0] if days else "", days[-1] if days else "", watched)


def _watched(run: Run, table: Table, package: str) -> Watched:
    from packaging.version import Version

    released, known = run.released(package), table.known(run, package)
    newest = max((version for version in known if not Version(version).is_prerelease), key=Version, default="")
    if not released:
        return Watched(package, newest, None, None)
    return Watched(package, newest, released[-1].version, tuple(one.version for one in missing(table, run, package)))


def _document(file: Path) -> Mapping[str, Any]:
    import json
    import re

    import yaml

    text = file.read_text(encoding="utf-8")
    body = re.sub(r"\A(?:#.*\n|\n)*", "", text)
    document: Mapping[str, Any] = (
        json.loads(body) if body.startswith("{") else yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    )
    return document


def _listed(document: Mapping[str, Any]) -> int:
    sections = [value for name, value in document.items() if name != "sources" and isinstance(value, (Mapping, list))]
    rows = (row for one in sections for row in (one.values() if isinstance(one, Mapping) else one))
    return sum(len(row.get("releases", "1")) for row in rows if isinstance(row, Mapping))


def _days(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        day = value.get("checked")
        if isinstance(day, (str, date)):
            yield str(day)
        for inner in value.values():
            yield from _days(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _days(inner)
