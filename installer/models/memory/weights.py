"""The bytes of a model's weights, as an engine stores them. Pure; a format that no row names is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from installer.core.plans.stack import ModelFacts
from installer.knowledge.tables import table
from installer.models.memory import config as read
from installer.models.memory.options import Options
from installer.models.memory.parameters import Parameters, parameters_of
from installer.models.memory.shape import Shape, shape_of
from installer.models.memory.vision import kind_of, layouts

_BYTES = {"float32": 4, "float": 4, "fp32": 4}
"""Of types that are not two bytes wide; both engines turn a float32 checkpoint into 16 bits unless told otherwise."""
_FP4 = 0.5 + 1 / 32
"""Bytes of a weight in four bits, with a scale of one byte for 32."""
_LAYER = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Weights:
    bytes: int | None
    parameters: int | None = None
    exact: bool = True
    """Whether it was counted by a rule that is known to apply to this family, or read from the files."""
    assumed: tuple[str, ...] = ()


UNKNOWN = Weights(None)


def weights_of(model: ModelFacts, shape: Shape | None, options: Options) -> Weights:
    """The weights of `model` under the launch's `--quantization` and `--dtype`."""
    found = _weighed(model, shape, options)
    if model.derived:
        note = "The model is not known; it was sized like the model whose name it extends."
        found = replace(found, exact=False, assumed=(*found.assumed, note))
    if "quantization" not in options.unclear or _method(model, options)[1]:
        return found
    note = "Whether the launch requests quantization could not be determined; none is assumed."
    return replace(found, exact=False, assumed=(*found.assumed, note))


def _weighed(model: ModelFacts, shape: Shape | None, options: Options) -> Weights:
    counted = _counted(model, shape)
    parameters = counted.total if counted else None
    exact, assumed = (True, ()) if model.parameters else _certainty(shape)
    method, quantized = _method(model, options)
    if model.weight_bytes and (method == "" or quantized):
        stored = 4 if model.dtype.lower() in _BYTES else 2
        scale = 1 if quantized else _width(options) / stored
        return Weights(int(model.weight_bytes * scale), parameters, True, ())
    if counted is None:
        return _without_shape(model, method)
    settings = {**read.quantization(model.config), **_experts(model)}
    size = _sized(counted, method, settings, _width(options))
    if size is None:
        return Weights(None, parameters, exact, (f"How many bytes {method} takes for a weight is not known.",))
    return Weights(size, parameters, exact, assumed)


def _experts(model: ModelFacts) -> Mapping[str, Any]:
    """What the config says of the experts alone."""
    kind = read.text(read.text_part(model.config), "expert_dtype")
    return {"expert_dtype": kind} if kind else {}


def _counted(model: ModelFacts, shape: Shape | None) -> Parameters | None:
    """The parameters of a model; where their whole number is known, it counts."""
    counted = parameters_of(shape) if shape else None
    if model.parameters is None:
        return counted
    if shape and counted is None:
        counted = parameters_of(replace(shape, vision={}))
    return (counted or Parameters(0, 0, 0, 0)).of(model.parameters)


def turned_into(shape: Shape, method: str) -> int | None:
    """Bytes of a 16-bit checkpoint that an engine turns into `method` while it loads it."""
    counted = parameters_of(shape)
    return _sized(counted, method, {}, 2) if counted else None


def _without_shape(model: ModelFacts, method: str) -> Weights:
    """Only the size of the files is known, if that, and the launch sets another format."""
    if model.weight_bytes is None:
        return Weights(None)
    row = _row(method)
    if row and "linear" in row:
        size = int(model.weight_bytes * float(row["linear"]) / 2)
        return Weights(size, None, False, (f"All weights were assumed to be quantized with {method}.",))
    return Weights(None)


def _certainty(shape: Shape | None) -> tuple[bool, tuple[str, ...]]:
    if shape is None:
        return False, ()
    notes = []
    if not shape.known:
        notes.append(f"Parameters of model type {shape.model_type or 'unknown'} were counted as a plain dense model's.")
    kind = kind_of(shape)
    if shape.vision and kind not in layouts():
        notes.append(f"The image encoder ({kind or 'its type is not stated'}) was counted as a plain encoder.")
    return shape.known, tuple(notes)


def _method(model: ModelFacts, options: Options) -> tuple[str, bool]:
    """The format of the weights in memory, and whether the checkpoint has it already."""
    own = model.quantization or read.text(read.quantization(model.config), "quant_method")
    if own:
        return own.lower(), True
    asked = options.text("quantization").lower()
    return (asked, False) if asked not in ("", "none", "auto") else ("", False)


def _sized(counted: Parameters, method: str, settings: Mapping[str, Any], width: int) -> int | None:
    if not method:
        return counted.total * width
    row = _row(method) or {}
    if isinstance(bits := settings.get(row.get("stated", "")), float | int):
        return int(counted.total * bits / 8)
    each = _each(row, settings)
    if each is None:
        return None
    linear, experts = each
    kept = (counted.embedding + counted.other + counted.vision) * 2
    return int(kept + counted.linear * (linear or width) + counted.experts * (experts or width))


def _each(row: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[float | None, float | None] | None:
    """Bytes of a weight in the layers' matrices and in the experts'; `None` in it: as in the checkpoint."""
    if "groups" in row:
        return _compressed(read.mapping(settings, row["groups"]), settings)
    if not row or "stated" in row:
        return None
    linear = row.get("linear")
    if linear is not None:
        linear = _by_settings(row, settings) + _groups(row, settings)
    experts = row.get("experts", linear)
    return (linear, _FP4 if read.text(settings, "expert_dtype") == "fp4" else experts)


def _by_settings(row: Mapping[str, Any], settings: Mapping[str, Any]) -> float:
    """The format's usual width, unless the config names another."""
    for variant in row.get("variants", ()):
        if re.search(variant["value"], str(settings.get(variant["key"]))):
            return float(variant["linear"])
    bits = read.number(settings, "bits", "w_bit") if row.get("by_bits") else None
    return bits / 8 if bits else float(row["linear"])


def _groups(row: Mapping[str, Any], settings: Mapping[str, Any]) -> float:
    group = read.number(settings, "group_size", "q_group_size") or 128
    return float(row.get("group", 0)) / group


def _compressed(groups: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[float | None, float] | None:
    """A format that names the bits of each group of layers; the first counts. Some leave out all but experts."""
    for group in groups.values():
        weights = read.mapping(group, "weights") if isinstance(group, Mapping) else {}
        bits = read.number(weights, "num_bits")
        if bits:
            scale = 1 if bits == 4 and read.text(weights, "type") == "float" else 2
            scales = scale / (read.number(weights, "group_size") or 4096)
            return None if _leaves_attention(settings) else bits / 8 + scales, bits / 8 + scales
    return None


def _leaves_attention(settings: Mapping[str, Any]) -> bool:
    """Whether the attention of every layer is left as it was (`re:.*self_attn.*`)."""
    return any("self_attn" in word and not _LAYER.search(word) for word in read.words(settings, "ignore"))


def _row(method: str) -> Mapping[str, Any] | None:
    rows = table("memory")["quantizations"]
    return next((row for row in rows if method in row["methods"]), None)


def _width(options: Options) -> int:
    return _BYTES.get(options.text("dtype").lower(), 2)


def shape_of_model(model: ModelFacts) -> Shape | None:
    """The shape of a model whose config is known."""
    return shape_of(model.config) if model.config else None
