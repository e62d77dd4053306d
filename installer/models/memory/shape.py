"""The shape of a model: what its config.json says about its layers, filled in by its family's row. Pure.

Computes no sizes. A config that does not say enough has no shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from installer.core.text.numbers import is_whole
from installer.knowledge.tables import table
from installer.models.memory import config as read
from installer.models.memory.layers import Layers, layers_of

_MOST_LAYERS = 10_000


@dataclass(frozen=True, slots=True)
class Experts:
    count: int
    ffn: int
    """Width of one expert."""
    shared: int = 0
    """Width of what every token passes."""
    layers: int = 0
    """Layers that have experts; the others are dense."""


@dataclass(frozen=True, slots=True)
class Latent:
    """Multi-head latent attention: the cache contains a compressed vector instead of keys and values."""

    kv_rank: int
    rope: int
    nope: int
    value: int
    query_rank: int | None = None


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Shape:
    model_type: str
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocabulary: int
    tied: bool
    layers: Layers
    experts: Experts | None = None
    latent: Latent | None = None
    text: Mapping[str, Any] = field(default_factory=_empty)
    vision: Mapping[str, Any] = field(default_factory=_empty)
    config: Mapping[str, Any] = field(default_factory=_empty)
    family: Mapping[str, Any] = field(default_factory=_empty)
    """The row of families.yaml; empty if no row is about this `model_type`."""

    @property
    def known(self) -> bool:
        """Whether a row says how this family is laid out; else it is taken for a plain Llama."""
        return bool(self.family) and not self.family.get("uncounted", False)


def shape_of(config: Mapping[str, Any]) -> Shape | None:
    """The shape that a config.json describes; `None` if it does not say enough."""
    part = read.text_part(config)
    model_type = read.text(part, "model_type") or read.text(config, "model_type")
    text = {**_filled_in(model_type, part), **part}
    hidden, count = (
        read.number(text, "hidden_size", "n_embd", "d_model"),
        read.number(text, "num_hidden_layers", "n_layer"),
    )
    heads, vocabulary = read.number(text, "num_attention_heads", "n_head"), read.number(text, "vocab_size")
    ffn = read.number(text, "intermediate_size", "ffn_dim", "n_inner") or 0
    if not (hidden and count and heads and vocabulary) or count > _MOST_LAYERS:
        return None
    family = family_of(model_type)
    return Shape(
        model_type=model_type, hidden=hidden, heads=heads, ffn=ffn, vocabulary=vocabulary, text=text, family=family,
        kv_heads=read.number(text, "num_key_value_heads", "multi_query_group_num") or heads,
        head_dim=read.number(text, "head_dim", "attention_head_dim") or hidden // heads,
        tied=_tied(config, part, text, family), layers=layers_of(text, count, family),
        experts=_experts(text, count, ffn, family), latent=_latent(text),
        vision=read.vision_part(config), config=config,
    )  # fmt: skip


def indexed_layers(shape: Shape) -> int:
    """Layers with an index of their own, for sparse attention; the others use a neighbour's."""
    kinds = read.words(shape.text, "indexer_types")
    return sum(kind == "full" for kind in kinds) if kinds else shape.layers.count


def widest(shape: Shape) -> Shape:
    """With the heads of the layers that see everything, to which some models (Gemma 4) give other ones."""
    heads, width = read.number(shape.text, "num_global_key_value_heads"), read.number(shape.text, "global_head_dim")
    return replace(shape, kv_heads=heads, head_dim=width) if heads and width and shape.layers.sliding else shape


@cache
def family_of(model_type: str) -> Mapping[str, Any]:
    """The row of the family that `model_type` belongs to; empty if there is none."""
    rows = table("families")["families"]
    return next((row for row in rows if model_type in row["model_types"]), MappingProxyType({}))


def defaults(model_type: str) -> Mapping[str, Any]:
    """What the configuration class fills in where a config.json leaves it out."""
    values: Mapping[str, Any] = table("config_defaults")["defaults"].get(model_type, {})
    return values


_SAME = (frozenset({"num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"}),)
"""Keys of one number: the configuration classes map them on each other."""


def _filled_in(model_type: str, part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The class's own values, less those that the config states under another name."""
    given = {key for same in _SAME if same.intersection(part) for key in same}
    return {key: value for key, value in defaults(model_type).items() if key not in given}


def _tied(
    config: Mapping[str, Any], part: Mapping[str, Any], text: Mapping[str, Any], family: Mapping[str, Any]
) -> bool:
    architecture = next(iter(read.words(config, "architectures")), "")
    if architecture.endswith("Model") and not architecture.endswith("HeadModel"):
        return True  # it embeds and has no head at all
    for place in (part, config, text):
        if isinstance(place.get("tie_word_embeddings"), bool):
            return bool(place["tie_word_embeddings"])
    return bool(family.get("tied", False))


def _experts(text: Mapping[str, Any], count: int, ffn: int, family: Mapping[str, Any]) -> Experts | None:
    experts = read.number(text, "num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")
    if not experts or experts < 2:
        return None
    width = read.number(text, "moe_intermediate_size", "expert_ffn_hidden_size") or ffn
    shared = read.number(text, "shared_expert_intermediate_size", "shared_intermediate_size") or 0
    if not shared and (number := read.number(text, "n_shared_experts", "num_shared_experts")):
        shared = number * width
    if family.get("shared_expert"):
        shared = ffn
    return Experts(experts, width, shared, _expert_layers(text, count))


def _expert_layers(text: Mapping[str, Any], count: int) -> int:
    first = read.number(text, "first_k_dense_replace", "moe_layer_start_index") or 0
    step = read.number(text, "decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_freq") or 1
    dense = {int(word) for word in read.words(text, "mlp_only_layers") if is_whole(word)}
    return sum(1 for layer in range(first, count) if (layer + 1 - first) % step == 0 and layer not in dense)


def _latent(text: Mapping[str, Any]) -> Latent | None:
    rank, rope = read.number(text, "kv_lora_rank"), read.number(text, "qk_rope_head_dim")
    if not rank or not rope:
        return None
    nope, value = read.number(text, "qk_nope_head_dim") or 128, read.number(text, "v_head_dim") or 128
    return Latent(rank, rope, nope, value, read.number(text, "q_lora_rank"))
