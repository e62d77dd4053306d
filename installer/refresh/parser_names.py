"""Derives `installer/knowledge/parser_names.yaml`: which parsers each release of an engine has, out of its wheel.

Reads two files of each wheel that the table does not have yet. A release that lists them in no known place is kept as
unread, and nothing is known of its parsers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from installer.core.engines import Engine
from installer.core.plans.stack import Release
from installer.knowledge.engines import intervals, parser_names, tables
from installer.knowledge.engines.definitions import engines
from installer.refresh.run import Run, missing

_COMMENT = """The parsers for tool calls and thoughts that each release of an engine has.
Derived from its wheels by `deploy-tui knowledge refresh`, never edited by hand.
JSON, which is YAML too; the words behind a name are the releases that have it, as in engines/*.yaml.
`unread`: releases whose wheel lists them in no place that is known."""
_SIDE_BY_SIDE = 4
_KINDS = ("tool", "reasoning")
Names = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class ParserNames:
    """The table of all engines."""

    name: str = parser_names.TABLE

    @property
    def packages(self) -> tuple[str, ...]:
        return tuple(one.name for one in engines().values() if one.parsers)

    def known(self, run: Run, package: str) -> frozenset[str]:
        rows = self._document(run).get("engines", {}).get(package, {})
        return frozenset((*rows.get("releases", ()), *rows.get("unread", ())))

    def refresh(self, run: Run) -> Iterator[str]:
        document = self._document(run)
        rows, told = dict(document.get("engines", {})), []
        for package in self.packages:
            if new := missing(self, run, package):
                read = _read(run, engines()[package], new)
                rows[package] = _merged(rows.get(package, {}), read, [one.version for one in new])
                told.append(f"{package}: parsers of {sum(map(bool, read.values()))} more releases")
        if told:
            body = {"source": "wheels of the engines on PyPI", "checked": run.today, "engines": rows}
            (run.folder / f"{self.name}.yaml").write_text(tables.text_of(body, _COMMENT), encoding="utf-8")
        yield from told

    def _document(self, run: Run) -> tables.Document:
        file = run.folder / f"{self.name}.yaml"
        return tables.parse(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _read(run: Run, by: Engine, new: list[Release]) -> dict[str, Names]:
    def one(release: Release) -> Names:
        archive = run.archive(release)
        return parser_names.in_wheel(by, archive) if archive is not None else {}

    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
        return dict(zip((release.version for release in new), pool.map(one, new), strict=True))


def _merged(rows: Mapping[str, Any], read: Mapping[str, Names], order: list[str]) -> dict[str, Any]:
    """The rows of one engine with the releases that were read; those come after the ones that were there."""
    before = list(rows.get("releases", ()))
    index_of = {version: place for place, version in enumerate(before)}
    releases = [*before, *(version for version in order if set(_KINDS) <= read[version].keys())]
    found: dict[str, Any] = {"releases": releases}
    for kind in _KINDS:
        where: dict[str, list[int]] = {
            name: sorted(intervals.positions_in(text, index_of)) for name, text in rows.get(kind, {}).items()
        }
        for place, version in enumerate(releases[len(before) :], start=len(before)):
            for name in read[version][kind]:
                where.setdefault(name, []).append(place)
        found[kind] = {name: intervals.written(here, releases) for name, here in sorted(where.items())}
    unread = [version for version in order if not set(_KINDS) <= read[version].keys()]
    return {**found, "unread": [*rows.get("unread", ()), *unread]}
