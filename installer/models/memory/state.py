"""What a layer without keys and values keeps of each request, however long that grows. Pure.

A kind that is not known counts as keeping nothing.
"""

from __future__ import annotations

from installer.models.memory import config as read
from installer.models.memory.shape import Shape

LIGHTNING_BYTES = 4
"""A lightning layer keeps its state in float32 (so do the engines' and Transformers' MiniMax)."""
_NUMBER = 2
"""Bytes of the convolution's numbers, and of the state's if the config sets no wider ones."""


def bytes_per_layer(shape: Shape) -> int:
    """Bytes of one such layer for one request, on all GPUs together.

    As the engines was them out: `gated_delta_net_state_shape`, `mamba2_state_shape` and `kda_state_shape` of
    model_executor/layers/mamba/mamba_utils.py.
    """
    match shape.family.get("linear"):
        case "lightning":
            return shape.heads * shape.head_dim**2 * LIGHTNING_BYTES
        case "gated-delta":
            return _gated_delta(shape)
        case "mamba2":
            return _mamba(shape)
        case "kda":
            return _kda(shape)
    return 0


def _gated_delta(shape: Shape) -> int:
    heads, width = _number(shape, "linear_num_value_heads"), _number(shape, "linear_value_head_dim")
    key_width = _number(shape, "linear_key_head_dim")
    keys = _number(shape, "linear_num_key_heads") * key_width
    rolling = (2 * keys + heads * width) * max(0, _number(shape, "linear_conv_kernel_dim") - 1) * _NUMBER
    return rolling + heads * width * key_width * _wide(shape)


def _mamba(shape: Shape) -> int:
    heads, width = _number(shape, "mamba_n_heads", "mamba_num_heads"), _number(shape, "mamba_d_head", "mamba_head_dim")
    state = _number(shape, "mamba_d_state", "ssm_state_size")
    inner = heads * width + 2 * _number(shape, "mamba_n_groups", "n_groups") * state
    rolling = inner * max(0, _number(shape, "mamba_d_conv", "conv_kernel") - 1) * _NUMBER
    return rolling + heads * width * state * _wide(shape)


def _kda(shape: Shape) -> int:
    """Kimi's delta attention keeps its state in float32."""
    config = read.mapping(shape.text, "linear_attn_config")
    heads, width = read.number(config, "num_heads") or 0, read.number(config, "head_dim") or 0
    rolling = 3 * heads * width * max(0, (read.number(config, "short_conv_kernel_size") or 0) - 1) * _NUMBER
    return rolling + heads * width**2 * 4


def _wide(shape: Shape) -> int:
    dtype = read.text(shape.text, "mamba_ssm_dtype") or read.text(shape.text, "mamba_ssm_cache_dtype")
    return 4 if dtype == "float32" else _NUMBER


def _number(shape: Shape, *keys: str) -> int:
    return read.number(shape.text, *keys) or 0
