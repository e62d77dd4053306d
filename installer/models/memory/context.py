"""The longest context that a model's own config allows, as the engines derive it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.models.memory import config as read

_KEYS = (
    "max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length", "max_sequence_length",
    "max_seq_length", "seq_len",
)  # fmt: skip
_LARGEST = 10_000


def model_context(text: Mapping[str, Any], family: Mapping[str, Any], engine: str) -> int | None:
    """Tokens, from the part of the config that describes the language model, as `engine` counts them."""
    stated = read.number(text, *_KEYS)
    scaling = read.mapping(text, "rope_scaling", "rope_parameters")
    kind = read.text(scaling, "rope_type") or read.text(scaling, "type")
    factor = _factor(scaling.get("factor"))
    if stated is None or kind in table("families")["extended"] or family.get("scaled") or factor is None:
        return stated
    original = read.number(scaling, "original_max_position_embeddings")
    if original:
        extends = definitions.memory_of(engine).extends_context
        return max(stated, int(original * factor)) if extends else stated
    return int(stated * factor)


def _factor(value: object) -> float | None:
    sound = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LARGEST
    return float(value) if sound else None  # type: ignore[arg-type]
