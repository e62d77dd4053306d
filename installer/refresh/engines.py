"""Derives `installer/knowledge/engines/NAME.yaml`: what each release of an engine, or of Transformers, says of itself.

Reads the wheels of releases that the file does not have yet; those that it has are kept as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from installer.core.plans.stack import EngineFacts, Release, TransformersFacts
from installer.core.text.quantities import first
from installer.knowledge.engines import tables
from installer.knowledge.engines.wheel_facts import engine_facts, transformers_facts
from installer.refresh.run import Prefetched, Run, missing

_COMMENT = """What each release of {name} says about itself.
Derived from its wheels by `deploy-tui knowledge refresh`, never edited by hand.
JSON, which is YAML too, one row a line; the words behind a row are the releases that have it:
"0.4.3..0.5.9 0.5.11.." is 0.4.3 to 0.5.9, and from 0.5.11 on. `unread`: releases whose wheel does not say it."""
_SIDE_BY_SIDE = 2
_TOLD = 6
Facts = EngineFacts | TransformersFacts


@dataclass(frozen=True, slots=True)
class Releases:
    """The table of one package."""

    package: str

    @property
    def name(self) -> str:
        return f"engines/{self.package}"

    @property
    def packages(self) -> tuple[str, ...]:
        return (self.package,)

    def known(self, run: Run, package: str) -> frozenset[str]:
        document = self._document(run)
        return frozenset((*(row[0] for row in document.get("releases", ())), *document.get("unread", ())))

    def refresh(self, run: Run) -> Iterator[str]:
        document, new = self._document(run), missing(self, run, self.package)
        if not new:
            return
        with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
            read = dict(zip((one.version for one in new), pool.map(lambda one: self._read(run, one), new), strict=True))
        kept = {row[0]: self._kept(document, row[0]) for row in document.get("releases", ())}
        days = {release.version: release.released for release in new} | {
            row[0]: row[1] for row in document.get("releases", ())
        }
        facts = {version: one for version, one in {**kept, **read}.items() if one is not None}
        unread = sorted({*document.get("unread", ()), *(version for version, one in read.items() if one is None)})
        self._write(run, _in_order(facts), days, unread)
        before: Facts | None = None
        for version, one in _in_order(facts).items():
            if version in read:
                yield f"{self.package} {version}: {_differences(before, one)}"
            before = one
        for version in (version for version, one in read.items() if one is None):
            yield f"{self.package} {version}: its wheel says nothing of what is looked for"

    def _document(self, run: Run) -> tables.Document:
        file = run.folder / f"{self.name}.yaml"
        return tables.parse(file.read_text(encoding="utf-8")) if file.is_file() else {}

    def _kept(self, document: tables.Document, version: str) -> Facts | None:
        if self.package == "transformers":
            return tables.transformers_of(document, version, "")
        return tables.engine_of(document, self.package, version, "")

    def _read(self, run: Run, release: Release) -> Facts | None:
        archive = run.archive(release)
        if archive is None:
            return None
        wheel = Prefetched(archive)
        if not wheel.complete:
            return None
        if self.package == "transformers":
            return transformers_facts(release.version, wheel, thorough=True)
        found = engine_facts(self.package, release.version, wheel, thorough=True)
        return replace(found, released=release.released) if found else None

    def _write(self, run: Run, facts: Mapping[str, Facts], days: Mapping[str, str], unread: Sequence[str]) -> None:
        head = {"source": f"wheels of {self.package} on PyPI", "checked": run.today}
        engines = [one for one in facts.values() if isinstance(one, EngineFacts)]
        others = [one for one in facts.values() if isinstance(one, TransformersFacts)]
        document = dict(
            tables.engine_document(engines, head) if engines else
            tables.transformers_document(others, [days.get(one.version, "") for one in others], head)
        )  # fmt: skip
        if unread:
            document["unread"] = list(unread)
        target = run.folder / f"{self.name}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(tables.text_of(document, _COMMENT.format(name=self.package)), encoding="utf-8")


def _in_order(facts: Mapping[str, Facts]) -> dict[str, Facts]:
    from packaging.version import Version

    return {version: facts[version] for version in sorted(facts, key=Version)}


def _differences(before: Facts | None, now: Facts) -> str:
    """What is new in a release next to the one before it, in words."""
    parts = [
        part for what, of in _SUBJECTS[type(now)] if (part := _change(what, of(before) if before else (), of(now)))
    ]
    return "; ".join(parts) or "as the release before it"


def _change(what: str, before: Collection[str], now: Collection[str]) -> str:
    new, gone = sorted(set(now) - set(before)), sorted(set(before) - set(now))
    words = [f"{sign}{len(some)} ({first(some, _TOLD)})" for sign, some in (("+", new), ("-", gone)) if some]
    return f"{what} {', '.join(words)}" if words else ""


_SUBJECTS = {
    EngineFacts: (
        ("flags", lambda one: [flag.names[0] for flag in one.flags]),
        ("architectures", lambda one: one.architectures),
        ("variables", lambda one: one.variables),
        ("requirements", lambda one: one.requires),
    ),
    TransformersFacts: (("model types", lambda one: one.model_types), ("tokenizers", lambda one: one.tokenizers)),
}
