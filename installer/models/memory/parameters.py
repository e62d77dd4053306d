"""How many parameters a model has, by what an engine may keep in fewer bits. Pure.

Exact for the families of families.yaml (their counts are tested against the real classes); others are counted as a
plain Llama would be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from installer.models.memory import config as read
from installer.models.memory.shape import Experts, Latent, Shape, indexed_layers, widest
from installer.models.memory.vision import vision_parameters

_COUNTED = ("lightning", "gated-delta")
"""Kinds of layers without softmax attention whose parameters are counted here."""


@dataclass(frozen=True, slots=True)
class Parameters:
    linear: int
    """The matrices of the layers, experts apart."""
    experts: int
    embedding: int
    """Embedding and head."""
    other: int
    """Norms, biases, routers: kept as they are by every quantization."""
    vision: int = 0

    @property
    def total(self) -> int:
        return self.linear + self.experts + self.embedding + self.other + self.vision

    def of(self, total: int) -> Parameters:
        """The same model where its whole number is known: what was miscounted is of the layers' matrices."""
        return replace(self, linear=max(0, self.linear + total - self.total))


def parameters_of(shape: Shape) -> Parameters | None:
    """The parameters of a shape; `None` if it has layers that are not known."""
    if shape.layers.linear and shape.family.get("linear") not in _COUNTED:
        return None
    vision = vision_parameters(shape)
    if vision is None:
        return None
    mixed = _attention(shape)
    ffn, experts, routing = _feed_forward(shape)
    embedding = shape.hidden * shape.vocabulary * (1 if shape.tied else 2)
    norm = shape.hidden * (2 if shape.family.get("norm_bias") else 1)
    norms = norm * (int(shape.family.get("norms", 2)) * shape.layers.count + 1)
    return Parameters(mixed[0] + ffn, experts, embedding, norms + mixed[1] + routing, vision)


def _attention(shape: Shape) -> tuple[int, int]:
    """Matrices, and everything else, of what mixes tokens, over all layers."""
    matrices, rest = _latent(shape, shape.latent) if shape.latent else _plain(shape)
    own, more = _linear(shape) if shape.layers.linear else (0, 0)
    soft, linear = shape.layers.attention, shape.layers.linear
    if shape.latent:
        return matrices * soft + own * linear + _indexer(shape, shape.latent), rest * soft + more * linear
    total, norms = _plain(widest(shape), same=bool(shape.text.get("attention_k_eq_v")))
    full, sliding = shape.layers.full, shape.layers.sliding
    return total * full + matrices * sliding + own * linear, norms * full + rest * sliding + more * linear


def _plain(shape: Shape, *, same: bool = False) -> tuple[int, int]:
    """With `same`, keys are the values too."""
    query, key = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    wide = query * (2 if shape.family.get("gate_query") else 1)
    rest = (wide + 2 * key) * _bias(shape, "qkv_bias", "attention_bias") + shape.hidden * _bias(
        shape, "out_bias", "attention_bias"
    )
    norm = shape.family.get("qk_norm")
    match ("head" if shape.text.get("use_qk_norm") else None) if norm == "config" else norm:
        case "head":
            rest += 2 * shape.head_dim
        case "full":
            rest += query + key
    rest += shape.heads if shape.family.get("sinks") else 0
    return shape.hidden * (wide + (1 if same else 2) * key + query), rest


def _latent(shape: Shape, latent: Latent) -> tuple[int, int]:
    each = latent.nope + latent.rope
    rank = latent.query_rank
    query = rank * (shape.hidden + shape.heads * each) if rank else shape.hidden * shape.heads * each
    keys = shape.hidden * (latent.kv_rank + latent.rope) + latent.kv_rank * shape.heads * (latent.nope + latent.value)
    return query + keys + shape.heads * latent.value * shape.hidden, latent.kv_rank + (rank or 0)


def _indexer(shape: Shape, latent: Latent) -> int:
    """What chooses the tokens that sparse attention looks at, over the layers that have one of their own."""
    heads, width = read.number(shape.text, "index_n_heads") or 0, read.number(shape.text, "index_head_dim") or 0
    each = (latent.query_rank or 0) * heads * width + shape.hidden * (width + heads) + 2 * width
    return indexed_layers(shape) * each if heads and width else 0


def _linear(shape: Shape) -> tuple[int, int]:
    """One layer that keeps a state instead of keys and values."""
    if shape.family["linear"] == "lightning":
        width = shape.heads * shape.head_dim
        return 5 * shape.hidden * width, width
    heads = read.number(shape.text, "linear_num_value_heads") or 0
    width = read.number(shape.text, "linear_value_head_dim") or 0
    values = heads * width
    keys = (read.number(shape.text, "linear_num_key_heads") or 0) * (
        read.number(shape.text, "linear_key_head_dim") or 0
    )
    matrices = shape.hidden * (2 * keys + 2 * values + 2 * heads) + values * shape.hidden
    kernel = read.number(shape.text, "linear_conv_kernel_dim") or 0
    return matrices, (2 * keys + values) * kernel + 2 * heads + width


def _feed_forward(shape: Shape) -> tuple[int, int, int]:
    """Matrices outside the experts, the experts, and routers with biases, over all layers."""
    matrices = 2 if shape.family.get("gated") is False else 3
    experts = shape.experts or Experts(0, 0)
    dense = shape.layers.count - (0 if shape.family.get("dense_beside") else experts.layers)
    width = read.number(shape.text, "intermediate_size_mlp") or shape.ffn
    plain = dense * matrices * shape.hidden * width + experts.layers * matrices * shape.hidden * experts.shared
    routed = experts.layers * experts.count * matrices * shape.hidden * experts.ffn
    rest = experts.layers * shape.hidden * experts.count
    rest += dense * _bias(shape, "mlp_bias", "mlp_bias") * (width * (matrices - 1) + shape.hidden)
    if shape.family.get("shared_gate") and experts.shared:
        rest += experts.layers * shape.hidden
    if shape.family.get("expert_bias"):
        rest += experts.layers * experts.count * (2 * experts.ffn + shape.hidden + 1)
    return plain, routed, rest


def _bias(shape: Shape, name: str, key: str) -> int:
    rule = shape.family.get(name, False)
    return int(bool(shape.text.get(key)) if rule == "config" else rule is True)
