"""Derives `installer/knowledge/loaders.yaml`: `python -m installer.refresh.derive_loaders`.

Which quantization methods each release of an engine has, and the GPUs that each accepts, read from the source text in
its wheel. Needs the index; about a megabyte a release. Nothing of an engine is installed or imported.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from packaging.version import Version

from installer.core.plans.stack import Release
from installer.host.local import LocalHost
from installer.knowledge import tables
from installer.packages.releases import Listings, places, releases
from installer.preflight.checks.model import loader_sources

_FILE = Path(tables.__file__).with_name("loaders.yaml")
_FIRST = {"vllm": "0.6.3.post1", "sglang": "0.4.3.post2"}
"""The oldest releases that are read; before them the lists are kept in other ways."""
_HEAD = """\
# Which quantized checkpoints each release of an engine loads, and on which GPUs.
# Derived, not written: `python -m installer.refresh.derive_loaders`.
#
# `since`: the first release read that has the method; `gone`: the first that has it no more. `floors`: from that
# release on, the lowest compute capability (times ten: 80 is 8.0) that its loader accepts; 0: it states none any more.
# Of releases older than the first one read nothing is known.

sources:
"""


@dataclass(frozen=True, slots=True)
class Read:
    """One release."""

    version: str
    methods: frozenset[str]
    floors: Mapping[str, int]


def main() -> int:
    host = LocalHost(Path(tempfile.gettempdir()))
    listings = Listings(host, places(host.sources(), host.environment()), Path(tempfile.mkdtemp()))
    found: dict[str, list[Read]] = {}
    for engine, first in _FIRST.items():
        listed = releases(listings.files(engine, timeout_s=30.0), engine)
        wanted = [one for one in listed if not Version(one.version).is_prerelease and not one.yanked]
        wanted = [one for one in wanted if Version(one.version) >= Version(first)]
        with ThreadPoolExecutor(max_workers=3) as pool:
            found[engine] = [read for read in pool.map(partial(_read, host), wanted) if read]
        sys.stderr.write(f"{engine}: {len(found[engine])} of {len(wanted)} releases\n")
    _FILE.write_text("\n".join([_HEAD.rstrip("\n"), *_lines(found)]) + "\n", encoding="utf-8")
    return 0


def _read(host: LocalHost, release: Release) -> Read | None:
    wheels = sorted(release.wheels, key=lambda url: ("x86_64" not in url and "none-any" not in url, url))
    archive = host.archive(wheels[0], timeout_s=60.0) if wheels else None
    if archive is None:
        return None
    wanted = [name for name in archive.names() if name.startswith(loader_sources.FOLDERS) and name.endswith(".py")]
    texts = {name: raw.decode("utf-8", "replace") for name, raw in archive.read_many(wanted).items()}
    if len(texts) < len(wanted) or not texts:
        return None
    return Read(release.version, loader_sources.methods(texts), loader_sources.floors(texts))


def _lines(found: Mapping[str, Sequence[Read]]) -> Iterator[str]:
    origin = {engine: f'source: {engine}, checked: "{date.today().isoformat()}"' for engine in found}
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
            told = _changes([(version, known.get(scheme)) for version, known in schemes])
            yield f"  - {{engine: {engine}, scheme: {scheme}, floors: {told}, {origin[engine]}}}"


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
    told: list[str] = []
    before: int | None = None
    for version, number in numbers:
        if number != before:
            told.append(f'"{version}": {number or 0}')
        before = number
    return f"{{{', '.join(told)}}}"


if __name__ == "__main__":
    sys.exit(main())
