"""Fewer bits of a weight: what an engine can make of a checkpoint, and the checkpoints known to have them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from installer.core.errors import PredictedError
from installer.core.outcomes import Code
from installer.core.plans.stack import ModelFacts
from installer.core.runs.model_request import ModelRequest
from installer.knowledge.tables import table
from installer.models.shipped import from_knowledge
from installer.preflight.checks.model import methods


@dataclass(frozen=True, slots=True)
class Variant:
    """The same model, quantized."""

    name: str
    method: str


def made(model: ModelFacts, wish: ModelRequest) -> str:
    """The format that the engine is to make of the checkpoint; empty if it stays as it is.

    Raises `PredictedError` if it is in another format already, or if only such a checkpoint would do.
    """
    asked = (wish.quantization or "").lower()
    if not asked or asked == model.quantization:
        return ""
    if model.quantization:
        raise PredictedError(
            f"{model.name} is already quantized.", f"{model.source}: it is {model.quantization}; {asked} was "
            f"requested.",
            "Leave out --quantization, or name the model that is not quantized.", code=Code.FLAG_VALUE,
        )  # fmt: skip
    if methods.needs_checkpoint(asked):
        known = ", ".join(one.name for one in variants(model))
        raise PredictedError(
            f"No {asked} checkpoint of {model.name} is known.",
            f"{asked} cannot be applied while loading: the checkpoint must have it.",
            f"These are known: {known}." if known else "Name a checkpoint that has it as --model.",
            code=Code.MODEL_UNSUPPORTED,
        )  # fmt: skip
    return asked


def variants(model: ModelFacts) -> Iterator[Variant]:
    """The quantized checkpoints of a model that shipped knowledge names."""
    for row in table("models")["models"]:
        if model.name.lower() not in map(str.lower, row["repos"]):
            continue
        for variant in row.get("variants", ()):
            name = f"{model.name}{variant['suffix']}"
            if from_knowledge(name) is not None:
                yield Variant(name, str(variant["quantization_config"].get("quant_method", "")))


def variant(model: ModelFacts, method: str) -> str:
    """The known checkpoint of a model in that format; empty if none is."""
    return next((one.name for one in variants(model) if one.method == method.lower()), "")
