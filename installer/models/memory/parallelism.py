"""Over how many GPUs a model can be distributed, and how: heads where they divide evenly, else layers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from installer.models.memory import config as read
from installer.models.memory.fraction import Parallel
from installer.models.memory.shape import shape_of

SIZES = (1, 2, 4, 8, 16)


def parallels(config: Mapping[str, Any], most: int) -> Iterator[Parallel]:
    """One for each number of GPUs up to `most`, from one GPU on."""
    shape = shape_of(config)
    for count in (size for size in SIZES if size <= max(most, 1)):
        tensor = next(t for t in reversed(SIZES) if t <= count and _divides(config, shape.heads if shape else t, t))
        yield Parallel(tensor, count // tensor)


def _divides(config: Mapping[str, Any], heads: int, tensor: int) -> bool:
    """Whether heads, and the blocks or groups of quantized matrices, can be distributed by so many GPUs."""
    if tensor == 1:
        return True
    text, block = read.text_part(config), _block(config)
    width = read.number(text, "moe_intermediate_size", "intermediate_size")
    return heads % tensor == 0 and (width is None or width % (tensor * block) == 0)


def _block(config: Mapping[str, Any]) -> int:
    """How many columns of a matrix share one scale; 1 if each has its own or nothing is said."""
    quantized = read.quantization(config)
    blocks = quantized.get("weight_block_size")
    if isinstance(blocks, list) and blocks and isinstance(blocks[0], int):
        return blocks[0]
    return read.number(quantized, "group_size", "q_group_size") or 1
