"""The parameters of the part of a model that sees. Pure; a kind that is not known counts as a plain encoder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from installer.knowledge.tables import table
from installer.models.memory import config as read
from installer.models.memory.shape import Shape


@cache
def layouts() -> Mapping[str, str]:
    """The layout of each kind that is counted exactly."""
    rows = table("families")["encoders"]
    return MappingProxyType({kind: row["layout"] for row in rows for kind in row["model_types"]})


def kind_of(shape: Shape) -> str:
    """What the encoder is: its own type; where it states none, that of the whole model."""
    return read.text(shape.vision, "model_type") or read.text(shape.config, "model_type")


def vision_parameters(shape: Shape) -> int | None:
    """Encoder and projector; 0 for a model that sees nothing, `None` if its config does not say enough."""
    vision = shape.vision
    if not vision:
        return 0
    width = read.number(vision, "hidden_size", "embed_dim")
    depth = read.number(vision, "num_hidden_layers", "depth", "num_layers")
    if not width or not depth:
        return None
    ffn = read.number(vision, "intermediate_size") or 4 * width
    patch = _patch(vision) * width
    match layouts().get(kind_of(shape), "plain"):
        case "gated-merged":
            return patch + width + depth * (4 * width**2 + 3 * width * ffn + 2 * width) + _merger(shape, width)
        case "pooled":
            head = _encoder(width, ffn) - width if vision.get("vision_use_head", True) else 0
            return _pooled(shape, vision, width) + patch + width + depth * _encoder(width, ffn) + head
        case "gated-windows":
            return (
                patch + depth * (_encoder(width, ffn) + width * ffn + ffn - 2 * width) + _merged(vision, width, width)
            )
        case "gated-positions":
            positions = 2 * (read.number(vision, "position_embedding_size") or 10_240) * width
            each = 4 * width**2 + 3 * width * ffn + 4 * width + 2 * (read.number(vision, "head_dim") or 64)
            return positions + patch + depth * each + width * shape.hidden
        case "merged-early":
            return patch + width + depth * _encoder(width, ffn) + _merged_early(vision, width)
        case _:
            return patch + width + depth * _encoder(width, ffn) + width * shape.hidden + shape.hidden**2


def _encoder(width: int, ffn: int) -> int:
    """A layer with biases everywhere and two norms."""
    return 4 * width**2 + 4 * width + 2 * width * ffn + ffn + width + 4 * width


def _patch(vision: Mapping[str, Any]) -> int:
    size = read.number(vision, "patch_size") or 14
    channels = read.number(vision, "num_channels", "in_channels", "in_chans") or 3
    return channels * size**2 * (read.number(vision, "temporal_patch_size") or 1)


def _merger(shape: Shape, width: int) -> int:
    """A norm, a merger of neighbouring patches, two matrices."""
    merge = read.number(shape.config, "spatial_merge_size") or 2
    return width + width**2 * merge**2 + width * shape.hidden + shape.hidden**2


def _pooled(shape: Shape, vision: Mapping[str, Any], width: int) -> int:
    """What comes with the layers of a pooled encoder: positions, the last norm, the projector."""
    side = (read.number(vision, "image_size") or 224) // (read.number(vision, "patch_size") or 14)
    return side**2 * width + 2 * width + width * shape.hidden + width


def _merged(vision: Mapping[str, Any], width: int, norm: int) -> int:
    merged = width * (read.number(vision, "spatial_merge_size") or 2) ** 2
    out = read.number(vision, "out_hidden_size") or width
    return norm + merged**2 + merged + merged * out + out


def _merged_early(vision: Mapping[str, Any], width: int) -> int:
    """Learnt positions, the merger, and one more (with a wide norm) for each layer that is passed on early."""
    early = len(read.words(vision, "deepstack_visual_indexes"))
    merged = width * (read.number(vision, "spatial_merge_size") or 2) ** 2
    positions = (read.number(vision, "num_position_embeddings") or 0) * width
    return positions + _merged(vision, width, 2 * width) + early * _merged(vision, width, 2 * merged)
