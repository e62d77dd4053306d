"""The number format that an engine computes a model in on a machine's GPUs. Pure; the tables say who refuses what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from installer.core.machine.facts import Gpu
from installer.core.plans.stack import ModelFacts
from installer.knowledge import gpus as known_gpus
from installer.knowledge.tables import table
from installer.knowledge.versions import fits

HALF = frozenset(("half", "float16", "fp16"))


def computed_in(model: ModelFacts, release: tuple[str, str], gpus: Sequence[Gpu], asked: str) -> str:
    """What is requested, else what `release` (engine, version) takes by itself; empty if the model says nothing."""
    if asked not in ("", "auto"):
        return asked
    row = lacking(release[0], model.dtype, gpus)
    if row is None or fits(release[1], f">={row['auto_from']}") is False:
        return model.dtype
    return "float32" if without_half(model, release) else str(row["instead"])


def lacking(engine: str, dtype: str, gpus: Sequence[Gpu]) -> Mapping[str, Any] | None:
    """The row of a format that an engine does not compute in on the least of these GPUs; `None` if it does."""
    rows = (row for row in table("quantization")["dtypes"] if (row["engine"], row["dtype"]) == (engine, dtype))
    row: Mapping[str, Any] | None = next(rows, None)
    known = [found for gpu in gpus if (found := known_gpus.capability(gpu)) is not None]
    return row if row is not None and known and min(known) < row["capability"] else None


def without_half(model: ModelFacts, release: tuple[str, str]) -> bool:
    """Whether a release refuses to compute a model of this type in float16."""
    engine, version = release
    return any(
        row["engine"] == engine and model.model_type in row["types"] and fits(version, row["versions"])
        for row in table("quantization")["without_half"]
    )
