"""The key-value cache: bytes of a token, and what one request of a given length takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from installer.knowledge.tables import table
from installer.models.memory import config as read
from installer.models.memory.shape import Shape, indexed_layers, widest
from installer.models.memory.state import bytes_per_layer

_INDEX_BLOCK = 128
"""Numbers of a sparse attention's index that share a scale of four bytes (vLLM's `DeepseekV32IndexerCache`)."""


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
        """The longest request that `free` bytes can hold by `least`."""
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
        return 2.0, f"The key-value cache's type {asked} is not known; two bytes a number are taken."
    return (1.0 if _checkpoint_cache_is_fp8(shape) else 2.0), ""


def cost(shape: Shape, *, gpus: int, stages: int, number: float) -> CacheCost:
    """The cost on each of `gpus` that share the heads, where `stages` share the layers."""
    layers = shape.layers
    if shape.family.get("cache") == "none":
        return CacheCost(0, 0, 0)
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


def _layer(shape: Shape, gpus: int, number: float) -> float:
    """Bytes of a token in one layer."""
    return 2 * shape.kv_heads * shape.head_dim * number / min(gpus, shape.kv_heads)


def _index(shape: Shape) -> float:
    """Bytes of a token in the indexes of a sparse attention, over all layers; every GPU keeps them whole."""
    width = read.number(shape.text, "index_head_dim") if shape.latent else None
    return (width + width / _INDEX_BLOCK * 4) * indexed_layers(shape) if width else 0.0


def _checkpoint_cache_is_fp8(shape: Shape) -> bool:
    """Whether the checkpoint itself says that its cache is kept in eight bits."""
    quantized = read.quantization(shape.whole)
    return (
        read.number(read.mapping(quantized, "kv_cache_scheme"), "num_bits") == 8
        or read.text(quantized, "kv_cache_quant_algo").upper() == "FP8"
    )
