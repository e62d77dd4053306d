"""The key-value cache: bytes of a token, and what one request of a given length takes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from installer.core.text.numbers import is_whole
from installer.knowledge.tables import table
from installer.models.memory import config as read
from installer.models.memory.shape import Shape, indexed_layers, widest
from installer.models.memory.state import bytes_per_layer

_INDEX_BLOCK = 128
"""Numbers of a sparse attention's index that share a scale of four bytes (`DeepseekV32IndexerCache`)."""


@dataclass(frozen=True, slots=True)
class CacheCost:
    """For one GPU."""

    per_token: int
    """Bytes of a token in all layers that keep keys and values."""
    sliding_per_token: int
    """The part of it in layers that forget what is older than their window."""
    window: int
    per_request: int = 0
    """Bytes of a state whose size does not grow."""

    def least(self, tokens: int) -> int:
        """What one request of so many tokens takes at least: where sliding layers keep their window and no more."""
        full = self.per_token - self.sliding_per_token
        return full * tokens + self.sliding_per_token * min(tokens, self.window) + self.per_request

    def longest(self, free: float) -> int:
        """The longest request that fits into `free` bytes by `least`."""
        room, full = int(free) - self.per_request, self.per_token - self.sliding_per_token
        within = room // self.per_token if self.per_token else 0
        if within <= self.window or not self.sliding_per_token:
            return max(within, 0)
        return (room - self.sliding_per_token * self.window) // full if full else 1 << 62


def number_bytes(shape: Shape, asked: str) -> tuple[float, str]:
    """Bytes of one number in the cache, and what was assumed for it."""
    rows = table("memory")["cache_types"]
    row = next((row for row in rows if asked in row["types"]), None)
    if row:
        return float(row["bytes"]), ""
    if asked not in ("", "auto"):
        return 2.0, f"The key-value cache type {asked} is not known; two bytes per value are assumed."
    return (1.0 if _checkpoint_cache_is_fp8(shape) else 2.0), ""


def cost_of(shape: Shape | None, asked: str, *, gpus: int, stages: int) -> tuple[CacheCost | None, tuple[str, ...]]:
    """The cost under a cache's type as it was requested, and what was assumed; `None` if it is not known."""
    if shape is None:
        return None, ()
    number, note = number_bytes(shape, asked)
    if not number:
        return None, (note,)
    return cost(shape, gpus=gpus, stages=stages, number=number), (note,) if note else ()


def cost(shape: Shape, *, gpus: int, stages: int, number: float) -> CacheCost:
    """The cost on each of `gpus` that share the heads, where `stages` share the layers."""
    layers = shape.layers
    if shape.family.get("cache") == "none":
        return CacheCost(0, 0, 0)
    if ratios := read.words(shape.text, "compress_ratios")[: layers.count]:
        return _compressed(shape, [int(ratio) for ratio in ratios if is_whole(ratio)], stages, number)
    if shape.latent:
        # Every GPU keeps the whole compressed vector.
        full = sliding = (shape.latent.kv_rank + shape.latent.rope) * number
    else:
        full, sliding = _layer(widest(shape), gpus, number), _layer(shape, gpus, number)
    full, sliding = full * layers.full, sliding * layers.sliding
    return CacheCost(
        per_token=int((full + sliding + _index(shape)) / stages), sliding_per_token=int(sliding / stages),
        window=layers.window or 0, per_request=int(layers.linear * bytes_per_layer(shape) / gpus / stages),
    )  # fmt: skip


def _compressed(shape: Shape, ratios: Sequence[int], stages: int, number: float) -> CacheCost:
    """DeepSeek V4: one vector (keys and values alike) for so many tokens, and the last ones whole; on every GPU."""
    index = read.number(shape.text, "index_head_dim") or 0
    fewest = min((ratio for ratio in ratios if ratio), default=0)
    each = sum((shape.head_dim + (index if ratio == fewest else 0)) / ratio for ratio in ratios if ratio)
    windows = len(ratios) * (shape.layers.window or 0) * shape.head_dim
    return CacheCost(ceil(each * number / stages), 0, 0, per_request=int(windows * number / stages))


def _layer(shape: Shape, gpus: int, number: float) -> float:
    """Bytes of a token in one layer."""
    return 2 * shape.kv_heads * shape.head_dim * number / min(gpus, shape.kv_heads)


def _index(shape: Shape) -> float:
    """Bytes of a token in the indexes of a sparse attention, over all layers; every GPU keeps them whole."""
    width = read.number(shape.text, "index_head_dim") if shape.latent else None
    sparse = read.mapping(shape.text, "sparse_attention_config")
    block = read.number(sparse, "sparse_index_dim") or 0
    blocks = 2.0 * block * read.words(sparse, "sparse_attention_freq").count("1")
    return (width + width / _INDEX_BLOCK * 4) * indexed_layers(shape) if width else blocks


def _checkpoint_cache_is_fp8(shape: Shape) -> bool:
    """Whether the checkpoint itself says that its cache is kept in eight bits."""
    quantized = read.quantization(shape.config)
    return (
        read.number(read.mapping(quantized, "kv_cache_scheme"), "num_bits") == 8
        or read.text(quantized, "kv_cache_quant_algo").upper() == "FP8"
    )
