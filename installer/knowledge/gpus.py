"""What is known of a GPU by its name alone: pure answers from `installer/knowledge/gpus.yaml`.

Names are reused across generations, so the first row that fits counts and a name that no row fits is unknown. A machine
that can be asked is asked; this is for one that only has a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from installer.core.machine.facts import Gpu
from installer.core.text.numbers import is_whole
from installer.knowledge import tables


@dataclass(frozen=True, slots=True)
class KnownGpu:
    compute_capability: str
    """Such as "8.6"."""
    memory_mib: tuple[int, ...]
    """What it is sold with, as nvidia-smi shows it; empty if not known."""
    unified: bool
    """Whether it shares the machine's main memory."""
    source: str


def by_name(name: str) -> KnownGpu | None:
    """The row of a GPU ("NVIDIA A40", "H100 SXM"); `None` if no row fits."""
    found = next((row for row in _rows() if _fits(row, name)), None)
    if found is None:
        return None
    return KnownGpu(
        found["compute_capability"],
        tuple(found.get("memory_mib", ())),
        bool(found.get("unified", False)),
        str(tables.table("gpus")["sources"][found["source"]]),
    )


@dataclass(frozen=True, slots=True)
class Offered:
    """A GPU that is available, as one of a kind: where the same name is sold with several sizes, each is one."""

    gpu: Gpu
    arch: str
    """Of the processor that it comes with, as `uname -m` says it."""


def offered() -> tuple[Offered, ...]:
    """Those that machines are compared by, in the order of the table."""
    return tuple(
        Offered(Gpu(row["title"], row["compute_capability"], memory), row.get("arch", "x86_64"))
        for row in _rows() if "title" in row for memory in row.get("memory_mib", ())
    )  # fmt: skip


def completed(gpu: Gpu) -> Gpu:
    """`gpu` with what its name tells if it was not measured; what the name leaves open stays unknown."""
    known = by_name(gpu.name)
    if known is None:
        return gpu
    memory = gpu.memory_mib
    if memory is None and len(known.memory_mib) == 1:
        memory = known.memory_mib[0]
    return replace(gpu, compute_capability=gpu.compute_capability or known.compute_capability, memory_mib=memory)


def capability(gpu: Gpu) -> int | None:
    """Its compute capability times ten (86), measured or by its name; `None` if neither says."""
    major, _, minor = (completed(gpu).compute_capability or "").partition(".")
    return int(major) * 10 + int(minor or 0) if is_whole(major) and is_whole(minor or "0") else None


@cache
def sizes(*, proposed: bool = False) -> tuple[int, ...]:
    """Gigabytes that GPUs are sold with, in order; `proposed`: those that are worth proposing."""
    rows = tables.table("gpus")["sold"]
    return tuple(sorted(int(row["gb"]) for row in rows if row.get("proposed") or not proposed))


def _fits(row: Mapping[str, Any], name: str) -> bool:
    unless = row.get("not")
    return bool(re.search(row["pattern"], name, re.I)) and not (unless and re.search(unless, name, re.I))


@cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    return tuple(tables.table("gpus")["gpus"])
