"""Quantization methods of engines: pure answers from the tables `loaders` and `quantization`; `None`: not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from installer.knowledge import tables
from installer.knowledge.versions import fits

_LOADERS = ("read", "methods", "schemes")
"""Sections of the derived table; the others are in `quantization`."""


def supported(engine: str, version: str, method: str) -> bool | None:
    """Whether that release loads weights quantized so."""
    read = next((row for row in _rows("read") if row["engine"] == engine), None)
    if read is None or not fits(version, f">={read['first']}"):
        return None
    rows = _runs(engine, method)
    if any(_applies(row, version) for row in rows):
        return True
    if any(fits(version, f"<{row['since']}") for row in rows) and any(
        fits(version, f">{row['since']}") for row in rows
    ):
        # The releases on both sides have it: more likely it was not found than taken out for a while.
        return None
    # A later release than any that was read may have it again, or first.
    return False if fits(version, f"<={read['last']}") else None


def history(engine: str, method: str) -> str:
    """When an engine had a method, in a few words; empty if no release read had it."""
    ranges = [f"from {row['since']} on" if "gone" not in row else f"from {row['since']} until before {row['gone']}"
            for row in _runs(engine, method)]  # fmt: skip
    return " and ".join(ranges)


def _runs(engine: str, method: str) -> list[Mapping[str, Any]]:
    """The unbroken runs of releases that have it."""
    return [row for row in _rows("methods") if (row["engine"], row["method"]) == (engine, method)]


def _applies(row: Mapping[str, Any], version: str) -> bool:
    late = "gone" in row and fits(version, f">={row['gone']}")
    return bool(fits(version, f">={row['since']}")) and not late


def floor(engine: str, version: str, method: str, config: Mapping[str, Any]) -> int | None:
    """The lowest compute capability, times ten, that the loader of that release accepts."""
    row = next((one for one in _runs(engine, method) if _applies(one, version)), None)
    scheme = form(method, config)
    schemes = (one for one in _rows("schemes") if (one["engine"], one["scheme"]) == (engine, scheme))
    found = [
        _at(one.get("floors", {}), version) for one in (row, next(schemes, None) if scheme != method else None) if one
    ]
    known = [one for one in found if one is not None]
    return max(known) if known else None


def form(method: str, config: Mapping[str, Any]) -> str:
    """What the weights are made of: the method, or the format inside a compressed-tensors checkpoint."""
    if method != "compressed-tensors":
        return method
    described = config.get("quantization_config") or config.get("compression_config") or {}
    groups = described.get("config_groups") if isinstance(described, Mapping) else None
    for group in groups.values() if isinstance(groups, Mapping) else ():
        if (scheme := _scheme(group)) is not None:
            return scheme
    named = described.get("format") if isinstance(described, Mapping) else None
    return next((str(row["scheme"]) for row in _rows("formats") if row["format"] == named), method)


def native(form: str) -> Mapping[str, Any] | None:
    """The row that says from which compute capability a GPU computes in that form."""
    return next((row for row in _rows("native") if form in row["formats"]), None)


def needs_checkpoint(method: str) -> bool:
    """Whether it only loads weights that are quantized already."""
    return any(method in row["methods"] for row in _rows("needs_checkpoint"))


def compatible(flag: str, checkpoint: str) -> bool:
    """Whether a flag may be used for a checkpoint with another word."""
    return any(row["flag"] == flag and checkpoint in row["checkpoint"] for row in _rows("compatible"))


def _scheme(group: Any) -> str | None:
    weights = group.get("weights") if isinstance(group, Mapping) else None
    if not isinstance(weights, Mapping):
        return None
    match weights.get("type"), weights.get("num_bits"):
        case "float", 8:
            return "fp8"
        case "float", 4:
            return "nvfp4"
        case "int", 8 if group.get("input_activations"):
            return "int8"
        case "int", _:
            return "int4"
    return None


def _at(floors: Mapping[str, int], version: str) -> int | None:
    """The number of the last row that is not newer than `version`; rows are in order."""
    fitting = [number for since, number in floors.items() if fits(version, f">={since}")]
    return fitting[-1] if fitting else None


def _rows(name: str) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = tables.table("loaders" if name in _LOADERS else "quantization")[name]
    return rows
