"""Derives `installer/knowledge/kernels.yaml`: `python -m installer.refresh.derive_kernels [PACKAGE…]`.

Which torch each kernel wheel was built for comes from the pins of the engine releases that use it; which GPUs and which
CUDA, from the beginning of its main extension. Needs the index; wheels of rows that are there are not read again.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from installer.core.plans.stack import Binary, Release
from installer.host.local import LocalHost
from installer.knowledge import extensions, tables
from installer.knowledge.engines import definitions, shipped
from installer.packages.pylock import requirement_name
from installer.packages.releases import Listings, places, releases
from installer.packages.wheels import binaries, contents
from installer.preflight.checks import build_target
from installer.preflight.checks.build_target import pinned

_FILE = Path(tables.__file__).with_name("kernels.yaml")
_MOST = 64 * 1024 * 1024
_REPEATS = 40
_HEAD = """\
# Kernel packages: the torch that each release was built for, and the GPUs that it has code for.
# Derived, not written: `python -m installer.refresh.derive_kernels` (see docs/decisions/0014-reading-wheels.md).
#
# `torch`: the releases of torch that engines pin beside it, and `from` the last such engine; absent where no engine
# pins it. `elf`, `ptx`, `specific`: of `member`, sm_90 is 90; `specific` runs on that very architecture only. Where
# `complete` is false the member was read until 16 to 40 containers in a row brought no other architecture.
# `libraries`: those of CUDA and of torch among what it asks for, not all of them.

{"sources": {"pins": "Requires-Dist of the engine releases on PyPI, and the wheel itself on PyPI"},
"kernels": [
"""


def main(names: Sequence[str]) -> int:
    host = LocalHost(Path(tempfile.gettempdir()))
    listings = Listings(host, places(host.sources(), host.environment()), Path(tempfile.mkdtemp()))
    wanted = names or sorted(extensions.vital())
    pins = _pins()
    kept = {(row["package"], row["version"]): row for row in _kept()}
    for package in wanted:
        found = releases(listings.files(package, timeout_s=30.0), package)
        missing = [release for release in found if (package, release.version) not in kept]
        with ThreadPoolExecutor(max_workers=3) as pool:
            for row in pool.map(partial(_row, host, package), missing):
                if row:
                    kept[(package, row["version"])] = row
                    sys.stderr.write(f"{package} {row['version']}\n")
        _write([_pinned(row, pins) for row in kept.values()])
    return 0


def _pins() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """For each kernel release the engine releases that pin it, each with the torch that it pins."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for engine in definitions.engines():
        for version, _ in shipped.knowledge_releases(engine):
            facts = shipped.knowledge_engine(engine, version)
            told: dict[str, str] = {engine: version}
            for line in facts.requires if facts else ():
                if pin := pinned(line):
                    told.setdefault(requirement_name(line), pin)
            for package in extensions.vital() & set(told) if "torch" in told else ():
                found.setdefault((package, told[package]), []).append((f"{engine} {version}", told["torch"]))
    return found


def _pinned(row: dict[str, Any], pins: dict[tuple[str, str], list[tuple[str, str]]]) -> dict[str, Any]:
    """A row with what engines pin today; the engine that it names is the last one, a final release if there is any."""
    users = pins.get((row["package"], row["version"]), [])
    final = [engine for engine, _ in users if "rc" not in engine]
    told: dict[str, Any] = {"package": row["package"], "version": row["version"]}
    if users:
        told["torch"] = list(dict.fromkeys(torch for _, torch in users))
        told["from"] = (final or [engine for engine, _ in users])[-1]
    facts = {name: value for name, value in row.items() if name not in ("torch", "from")}
    return told | facts | {"source": "pins", "checked": row.get("checked") or date.today().isoformat()}


def _row(host: LocalHost, package: str, release: Release) -> dict[str, Any] | None:
    url = next((url for url in release.wheels if "manylinux" in url and "x86_64" in url), "")
    archive = host.archive(url, timeout_s=120.0) if url else None
    if archive is None:
        return None
    members = contents.extensions(archive, extensions.members()[package])[:1]
    spent = 0

    def may_spend(count: int) -> bool:
        nonlocal spent
        spent += count
        return spent <= _MOST

    read = contents.read_binaries(archive, members, repeats=_REPEATS, may_spend=may_spend)
    facts = _facts(read)
    return {"package": package, "version": release.version, **facts} if "elf" in facts else None


def _facts(read: Sequence[Binary]) -> dict[str, Any]:
    if not read or not (read[0].elf or read[0].libraries):
        return {}
    one = read[0]
    libraries = [name for name in one.libraries if binaries.cuda_of_library(name) or build_target.is_of_torch(name)]
    facts = {
        "cuda": binaries.cuda_of(read), "member": one.member, "elf": list(one.elf), "ptx": list(one.ptx),
        "specific": list(one.specific), "torch_abi": one.torch_abi, "libraries": libraries, "complete": one.complete,
    }  # fmt: skip
    return {name: value for name, value in facts.items() if value not in ("", [])}


def _kept() -> Iterator[dict[str, Any]]:
    if _FILE.exists():
        yield from (dict(row) for row in tables.table("kernels")["kernels"])


def _write(rows: Any) -> None:
    from packaging.version import Version

    ordered = sorted(rows, key=lambda row: (row["package"], Version(row["version"])))
    _FILE.write_text(_HEAD + ",\n".join(map(json.dumps, ordered)) + "\n]}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
