"""Derives `installer/knowledge/kernels.yaml`: kernel packages, the torch they were built for, and their GPU code.

Which torch each kernel wheel was built for comes from the pins of the engine releases that use it; which GPUs and which
CUDA, from the beginning of its main extension. Wheels of rows that are there are not read again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from installer.core.plans.stack import Binary, Release
from installer.knowledge import extensions
from installer.knowledge.engines import definitions, shipped
from installer.packages.pylock import requirement_name
from installer.packages.wheels import binaries, contents
from installer.preflight.checks import build_target
from installer.preflight.checks.build_target import pinned
from installer.refresh.run import TIMEOUT_S, Run, missing

_MOST = 64 * 1024 * 1024
_REPEATS = 40
_HEAD = """\
# Kernel packages: the torch that each release was built for, and the GPUs that it has code for.
# Derived, not written: `deploy-tui knowledge refresh` (see docs/decisions/0014-reading-wheels.md).
#
# `torch`: the releases of torch that engines pin beside it, and `from` the last such engine; absent where no engine
# pins it. `elf`, `ptx`, `specific`: of `member`, sm_90 is 90; `specific` runs on that very architecture only. Where
# `complete` is false the member was read until 16 to 40 containers in a row brought no other architecture.
# `libraries`: those of CUDA and of torch among what it asks for, not all of them. `unread`: releases whose wheel for
# Linux on x86-64 is not there, or holds no such code.

{"sources": {"pins": "Requires-Dist of the engine releases on PyPI, and the wheel itself on PyPI"},
"""


@dataclass(frozen=True, slots=True)
class Kernels:
    """The table of the packages without which an engine cannot work."""

    name: str = "kernels"

    @property
    def packages(self) -> tuple[str, ...]:
        return tuple(sorted(extensions.vital()))

    def known(self, run: Run, package: str) -> frozenset[str]:
        document = _document(run)
        rows = (row["version"] for row in document["kernels"] if row["package"] == package)
        return frozenset((*rows, *document.get("unread", {}).get(package, ())))

    def refresh(self, run: Run) -> Iterator[str]:
        document, pins = _document(run), _pins()
        kept = {(row["package"], row["version"]): row for row in document["kernels"]}
        unread = {package: set(versions) for package, versions in document.get("unread", {}).items()}
        for package in self.packages:
            new = missing(self, run, package)
            with ThreadPoolExecutor(max_workers=3) as pool:
                for release, row in zip(new, pool.map(partial(_row, run, package), new), strict=True):
                    if row is None:
                        unread.setdefault(package, set()).add(release.version)
                        yield f"{package} {release.version}: its wheel holds no GPU code that can be read"
                        continue
                    kept[package, release.version] = row
                    code = ", ".join(f"sm_{number}" for number in row["elf"])
                    yield f"{package} {release.version}: CUDA {row.get('cuda', 'not known')}, {code}"
        rows = [_pinned(row, pins, run.today) for row in kept.values()]
        if rows != document["kernels"] or unread != {name: set(of) for name, of in document.get("unread", {}).items()}:
            _write(run, rows, unread)


def _pins() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """For each kernel release the engine releases that pin it, each with the torch that it pins."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for engine in definitions.engines():
        for version, _ in shipped.knowledge_releases(engine):
            facts = shipped.knowledge_engine(engine, version)
            pins: dict[str, str] = {engine: version}
            for line in facts.requires if facts else ():
                if pin := pinned(line):
                    pins.setdefault(requirement_name(line), pin)
            for package in extensions.vital() & set(pins) if "torch" in pins else ():
                found.setdefault((package, pins[package]), []).append((f"{engine} {version}", pins["torch"]))
    return found


def _pinned(row: dict[str, Any], pins: dict[tuple[str, str], list[tuple[str, str]]], today: str) -> dict[str, Any]:
    """A row with what engines pin today; the engine that it names is the last one, a final release if there is any."""
    users = pins.get((row["package"], row["version"]), [])
    final = [engine for engine, _ in users if "rc" not in engine]
    header: dict[str, Any] = {"package": row["package"], "version": row["version"]}
    if users:
        header["torch"] = list(dict.fromkeys(torch for _, torch in users))
        header["from"] = (final or [engine for engine, _ in users])[-1]
    facts = {name: value for name, value in row.items() if name not in ("torch", "from")}
    return header | facts | {"source": "pins", "checked": row.get("checked") or today}


def _row(run: Run, package: str, release: Release) -> dict[str, Any] | None:
    url = next((url for url in release.wheels if "manylinux" in url and "x86_64" in url), "")
    archive = run.host.archive(url, timeout_s=2 * TIMEOUT_S) if url else None
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


def _document(run: Run) -> dict[str, Any]:
    text = (run.folder / "kernels.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text[text.index("{") :])
    return document


def _write(run: Run, rows: list[dict[str, Any]], unread: Mapping[str, Collection[str]]) -> None:
    from packaging.version import Version

    ordered = sorted(rows, key=lambda row: (row["package"], Version(row["version"])))
    written = json.dumps({package: sorted(unread[package], key=Version) for package in sorted(unread)})
    text = _HEAD + f'"unread": {written},\n"kernels": [\n' + ",\n".join(map(json.dumps, ordered)) + "\n]}\n"
    (run.folder / "kernels.yaml").write_text(text, encoding="utf-8")
