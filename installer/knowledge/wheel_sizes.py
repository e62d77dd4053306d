"""How large wheels are where the index does not say it, and what they take once unpacked. Pure; estimates, called so.

The numbers are measured on the wheels of whole stacks (installer/knowledge/memory.yaml); a size that is known wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from installer.knowledge.tables import table

if TYPE_CHECKING:
    from installer.core.plans.plan import Plan

_MB = 1e6
_HERE = frozenset({"folder", "image"})
"""Sources that nothing is fetched from."""


def wheel_bytes(name: str, known: int | None = None, version: str = "") -> float:
    """Of a wheel as it is fetched."""
    if known is not None:
        return known
    row = _row(name, version)
    return (float(row["mb"]) if row else float(table("memory")["wheels"]["other_mb"])) * _MB


def unpacked_bytes(name: str, known: int | None = None, version: str = "") -> float:
    """Of a package as it is installed."""
    row = _row(name, version)
    if known is None and row:
        return float(row["unpacked_mb"]) * _MB
    return wheel_bytes(name, known) * float(table("memory")["wheels"]["unpacked"])


def expected_download(plan: Plan) -> int:
    """Bytes of the packages of a plan whose size is unknown; 0 if nothing is to be downloaded."""
    if not plan.pending and not plan.script:
        return 0
    fetched = [package for package in plan.packages if package.bytes is None and package.source not in _HERE]
    return int(sum(wheel_bytes(package.name, version=package.version) for package in fetched))


def _row(name: str, version: str) -> Mapping[str, float] | None:
    """The builds of torch for the CPU are much smaller than those for GPUs."""
    return _large().get(f"{name}+cpu" if version.endswith("+cpu") else name)


@cache
def _large() -> Mapping[str, Mapping[str, float]]:
    return {row["name"]: row for row in table("memory")["wheel_sizes"]}
