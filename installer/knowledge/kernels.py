"""Which torch a kernel wheel without requirements was built for, and for which GPUs, by the table `kernels.yaml`.

The rows are derived from the pins of the engine releases that use such a wheel, and from the wheel itself. Pure. A
release that no engine pins is between two that are pinned: it was built for one of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from installer.core.plans.stack import Binary, Placed
from installer.knowledge import build_tags, tables
from installer.knowledge.build_tags import minor


@dataclass(frozen=True, slots=True)
class Kernel:
    """One release of a kernel package."""

    package: str
    version: str
    torch: tuple[str, ...]
    """Minor releases of torch that engines use it with."""
    engine: str
    """Name and release, such as "torch 2.9.1"."""
    cuda: str = ""
    binaries: tuple[Binary, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class BuiltFor:
    """The torch of a kernel wheel, and how that is known."""

    torch: tuple[str, ...]
    why: str
    source: str


@cache
def rows() -> tuple[Kernel, ...]:
    """Empty if the table is not shipped."""
    try:
        table = tables.table("kernels")
    except FileNotFoundError:
        return ()
    return tuple(_kernel(row, table.get("sources", {})) for row in table.get("kernels", ()))


def row(package: str, version: str) -> Kernel | None:
    public = version.partition("+")[0]
    return next((one for one in rows() if one.package == package and one.version == public), None)


def is_known(package: Placed) -> bool:
    """Whether shipped knowledge contains what its wheel would show."""
    known = row(package.name, package.version)
    same = "+" not in package.version and not build_tags.of_this_machine(package.url)
    return known is not None and bool(known.binaries) and same


def packages() -> frozenset[str]:
    return frozenset(one.package for one in rows())


def built_for(package: str, version: str) -> BuiltFor | None:
    """The torch that a release was built for; `None` if no row tells."""
    found = row(package, version)
    if found and found.torch:
        return BuiltFor(found.torch, f"{found.engine} uses it with torch {_listed(found.torch)}", found.source)
    below, above = _around([one for one in rows() if one.package == package and one.torch], version)
    if below is None or above is None:
        return None
    torch = tuple(dict.fromkeys((*below.torch, *above.torch)))
    why = f"{below.engine} uses {below.version} and {above.engine} uses {above.version} with torch {_listed(torch)}"
    return BuiltFor(torch, why, below.source)


def _around(known: Iterable[Kernel], version: str) -> tuple[Kernel | None, Kernel | None]:
    """The nearest rows below and above a version."""
    from packaging.version import InvalidVersion, Version

    try:
        wanted = Version(version)
        below = [one for one in known if Version(one.version) < wanted]
        above = [one for one in known if Version(one.version) > wanted]
    except InvalidVersion:
        return None, None
    return (
        max(below, key=lambda one: Version(one.version), default=None),
        min(above, key=lambda one: Version(one.version), default=None),
    )


def _kernel(row: Mapping[str, Any], sources: Mapping[str, str]) -> Kernel:
    torches = row.get("torch") or ()
    torch = (torches,) if isinstance(torches, str) else tuple(torches)
    elf = tuple(row.get("elf") or ())
    binary = Binary(
        member=str(row.get("member") or ""),
        elf=elf,
        ptx=tuple(row.get("ptx") or ()),
        specific=tuple(row.get("specific") or ()),
        libraries=tuple(row.get("libraries") or ()),
        torch_abi=str(row.get("torch_abi") or ""),
        complete=bool(row.get("complete", True)),
    )
    return Kernel(
        package=str(row["package"]),
        version=str(row["version"]),
        torch=tuple(dict.fromkeys(minor(version) for version in torch)),
        engine=str(row.get("from") or ""),
        cuda=str(row.get("cuda") or ""),
        binaries=(binary,) if elf or binary.ptx else (),
        source=str(sources.get(row.get("source", ""), row.get("source", "")) or "installer/knowledge/kernels.yaml"),
    )


def _listed(versions: Iterable[str]) -> str:
    return " or ".join(versions)
