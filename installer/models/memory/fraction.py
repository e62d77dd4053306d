"""The share of a GPU's memory that an engine gives to weights and key-value cache together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.models.memory import config as read
from installer.models.memory.options import Options
from installer.models.memory.shape import Shape

_GIB_MIB = 1024
_HIGHEST = 0.95
"""What a launch is given the benefit of where its own value is not known."""


@dataclass(frozen=True, slots=True)
class Fraction:
    value: float
    given: bool
    """By a flag; else it is the engine's own rule."""
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parallel:
    tensor: int = 1
    pipeline: int = 1

    @property
    def gpus(self) -> int:
        return self.tensor * self.pipeline


def fraction_of(
    release: tuple[str, str], options: Options, parallel: Parallel, memory_mib: int | None, shape: Shape | None
) -> Fraction | None:
    """The fraction of a launch of `release` (engine and version); `None` if no rule of that engine is known."""
    engine, version = release
    flag = options.flag("fraction", definitions.flag_of(engine, "fraction"))
    given = options.share("fraction")
    if given is not None:
        return Fraction(given, True)
    if "fraction" in options.unclear:
        return Fraction(_HIGHEST, False, (f"The value of {flag} could not be determined; {_HIGHEST} is assumed.",))
    rows = [row for row in table("memory")["fractions"] if row["engine"] == engine]
    if not rows:
        return None
    row, title = _at(rows, version), f"{definitions.title_of(engine)} {version or '(any)'}"
    if row["rule"] == "fixed":
        value = float(row["fraction"])
        return Fraction(value, False, (f"{flag} is not given; the default of {title} is {value}.",))
    value = _worked_out(row, options, parallel, memory_mib)
    if shape and shape.vision and row.get("keeps_for_images"):
        value *= _for_images(shape.vision)
    note = f"{flag} is not given; {title} calculates {value:.3f}" + (
        " on this GPU." if memory_mib else ", if the GPU's memory is not known to it."
    )
    return Fraction(round(value, 4), False, (note,))


def _at(rows: Sequence[Mapping[str, Any]], version: str) -> Mapping[str, Any]:
    """The last row that applies to a version; the newest where the version is not known."""
    return [row for row in rows if not _before(version, str(row["from"]))][-1]


def _before(version: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) < Version(other)
    except InvalidVersion:
        return False


def _worked_out(row: Mapping[str, Any], options: Options, parallel: Parallel, memory_mib: int | None) -> float:
    if row["rule"] == "tensor_parallel":
        return float(next(step["fraction"] for step in row["steps"] if parallel.tensor >= step["gpus"]))
    if memory_mib is None:
        return 0.88
    tier = next(tier for tier in row["tiers"] if memory_mib < tier.get("below", 1 << 20) * _GIB_MIB)
    if row["rule"] == "memory":
        kept = tier["base"] + tier["each"] * parallel.gpus
    else:
        kept = _reserved(row, tier, options, parallel, memory_mib)
    return float(round((memory_mib - kept) / memory_mib, 3))


def _reserved(
    row: Mapping[str, Any], tier: Mapping[str, Any], options: Options, parallel: Parallel, memory_mib: int
) -> float:
    """MiB for activations and CUDA graphs, as the engine estimates them (`handle_gpu_memory_settings`)."""
    chunk = options.amount("chunk") or int(tier["chunk"])
    graphs = options.amount("graphs") or int(tier["graphs"][parallel.tensor >= 4])
    kept = 512 + max(chunk, 2048) * 1.5 + parallel.gpus / 8 * _GIB_MIB
    if "disable-cuda-graph" not in options.switches:
        sizes = sum(size <= chunk for size in table("memory")["prefill_sizes"]["sizes"])
        kept += graphs * 2 + sizes * int(row["prefill_graphs"])
    return max(kept, 10 * _GIB_MIB) if memory_mib > 60 * _GIB_MIB else kept


def _for_images(vision: Mapping[str, Any]) -> float:
    """The engine keeps more memory free for models with a vision part (`adjust_mem_fraction_for_vlm`)."""
    layers, width = read.number(vision, "num_hidden_layers") or 24, read.number(vision, "hidden_size") or 1024
    ratio = layers * width**2 / (24 * 1024**2)
    return 0.95 * max(0.8, min(1.05, 1.0 - 0.1 * (ratio - 1.0)))
