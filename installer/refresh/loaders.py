"""Derives `installer/knowledge/loaders.yaml`: the quantization methods of engines.

Which quantization methods each release of an engine has, and the GPUs that each accepts, read from the source text in
its wheel. About a megabyte a release. Nothing of an engine is installed or imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from packaging.version import Version

from installer.core.plans.stack import Release
from installer.knowledge import tables
from installer.refresh import loader_sources
from installer.refresh.run import Run, missing

_HEAD = """\
# Which quantized checkpoints each release of an engine loads, and on which GPUs.
# Derived, not written: `deploy-tui knowledge refresh`.
#
# `since`: the first release read that has the method; `gone`: the first that has it no more. `floors`: from that
# release on, the lowest compute capability (times ten: 80 is 8.0) that its loader accepts; 0: it states none any more.
# Of releases older than the first one read, which keep the lists in other ways, nothing is known.

sources:
"""


@dataclass(frozen=True, slots=True)
class Read:
    """One release."""

    version: str
    methods: frozenset[str]
    floors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Loaders:
    """The table of both engines' quantization methods. A row spans releases, so all of them are read again."""

    name: str = "loaders"

    @property
    def packages(self) -> tuple[str, ...]:
        return tuple(row["engine"] for row in tables.table("loaders")["read"])

    def known(self, run: Run, package: str) -> frozenset[str]:
        """All up to the last release that was read; a release candidate is not read."""
        last = next((row["last"] for row in _document(run)["read"] if row["engine"] == package), "")
        return frozenset(
            release.version
            for release in run.released(package)
            if Version(release.version).is_prerelease or (last and Version(release.version) <= Version(last))
        )

    def refresh(self, run: Run) -> Iterator[str]:
        new = {engine: [one.version for one in missing(self, run, engine)] for engine in self.packages}
        if not any(new.values()):
            return
        before = _methods(_document(run))
        found = {row["engine"]: _of_engine(run, row["engine"], row["first"]) for row in _document(run)["read"]}
        if not all(found.values()):
            yield "loaders: the index did not answer; nothing was changed"
            return
        text = "\n".join([_HEAD.rstrip("\n"), *_lines(found, run.today)]) + "\n"
        (run.folder / "loaders.yaml").write_text(text, encoding="utf-8")
        for engine, versions in new.items():
            changed = sorted(_methods(_document(run))[engine] ^ before[engine])
            if versions:
                yield f"loaders of {engine} up to {versions[-1]}: {', '.join(changed) or 'as before'}"


def _document(run: Run) -> Mapping[str, Any]:
    import yaml

    document: Mapping[str, Any] = yaml.safe_load((run.folder / "loaders.yaml").read_text(encoding="utf-8"))
    return document


def _methods(document: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """The methods that each engine has in the last release that was read."""
    read = [row["engine"] for row in document["read"]]
    rows = [row for row in document["methods"] if "gone" not in row]
    return {engine: frozenset(row["method"] for row in rows if row["engine"] == engine) for engine in read}


def _of_engine(run: Run, engine: str, oldest: str) -> list[Read]:
    wanted = [one for one in run.released(engine) if not Version(one.version).is_prerelease]
    wanted = [one for one in wanted if Version(one.version) >= Version(oldest)]
    with ThreadPoolExecutor(max_workers=3) as pool:
        return [read for read in pool.map(partial(_read, run), wanted) if read]


def _read(run: Run, release: Release) -> Read | None:
    archive = run.archive(release)
    if archive is None:
        return None
    wanted = [name for name in archive.names() if name.startswith(loader_sources.FOLDERS) and name.endswith(".py")]
    texts = {name: raw.decode("utf-8", "replace") for name, raw in archive.read_many(wanted).items()}
    if len(texts) < len(wanted) or not texts:
        return None
    return Read(release.version, loader_sources.methods(texts), loader_sources.floors(texts))


def _lines(found: Mapping[str, Sequence[Read]], today: str) -> Iterator[str]:
    origin = {engine: f'source: {engine}, checked: "{today}"' for engine in found}
    for engine, read in found.items():
        yield (f"  {engine}: {engine}'s layers/quantization/ in {len(read)} wheels on PyPI, {read[0].version} to "
               f"{read[-1].version}")  # fmt: skip
    yield "\nread:"
    for engine, read in found.items():
        yield f'  - {{engine: {engine}, first: "{read[0].version}", last: "{read[-1].version}", {origin[engine]}}}'
    yield "\nmethods:"
    for engine, read in found.items():
        for method in sorted(frozenset().union(*(one.methods for one in read))):
            yield from (f"  - {{engine: {engine}, {row}, {origin[engine]}}}" for row in _of_method(method, read))
    yield "\n# The same for the formats that a checkpoint of the method compressed-tensors can hold.\nschemes:"
    for engine, read in found.items():
        schemes = [(one.version, loader_sources.of_schemes(one.floors)) for one in read]
        for scheme in sorted({name for _, known in schemes for name in known}):
            changes = _changes([(version, known.get(scheme)) for version, known in schemes])
            yield f"  - {{engine: {engine}, scheme: {scheme}, floors: {changes}, {origin[engine]}}}"


def _of_method(method: str, read: Sequence[Read]) -> Iterator[str]:
    """A row for each unbroken run of releases that have it."""
    run: list[Read] = []
    for one in [*read, Read("", frozenset(), {})]:
        if method in one.methods:
            run.append(one)
        elif run:
            floors = _changes([(held.version, loader_sources.of_method(method, held.floors)) for held in run])
            gone = f', gone: "{one.version}"' if one.version else ""
            yield f'method: {method}, since: "{run[0].version}"{gone}{f", floors: {floors}" if floors != "{}" else ""}'
            run = []


def _changes(numbers: Sequence[tuple[str, int | None]]) -> str:
    """Each number with the first release that has it."""
    entries: list[str] = []
    before: int | None = None
    for version, number in numbers:
        if number != before:
            entries.append(f'"{version}": {number or 0}')
        before = number
    return f"{{{', '.join(entries)}}}"
