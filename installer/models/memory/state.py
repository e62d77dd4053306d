"""What a layer without keys and values keeps of each request, however long that grows. Pure.

A kind that is not known counts as keeping nothing.
"""

from __future__ import annotations

from installer.models.memory import config as read
from installer.models.memory.shape import Shape

LIGHTNING_BYTES = 4
"""A lightning layer keeps its state in float32 (vLLM's and Transformers' MiniMax)."""
_NUMBER = 2
"""Bytes of the convolution's numbers, and of the state's where the config asks for no wider ones."""


def bytes_per_layer(shape: Shape) -> int:
    """Bytes of one such layer for one request, on all GPUs together.

    As vLLM lays them out: `gated_delta_net_state_shape` and `mamba2_state_shape` of
    vllm/model_executor/layers/mamba/mamba_utils.py.
    """
    match shape.family.get("linear"):
        case "lightning":
            return shape.heads * shape.head_dim**2 * LIGHTNING_BYTES
        case "gated-delta":
            return _gated_delta(shape)
        case "mamba2":
            return _mamba(shape)
    return 0


def _gated_delta(shape: Shape) -> int:
    heads, width = _number(shape, "linear_num_value_heads"), _number(shape, "linear_value_head_dim")
    key_width = _number(shape, "linear_key_head_dim")
    keys = _number(shape, "linear_num_key_heads") * key_width
    rolling = (2 * keys + heads * width) * max(0, _number(shape, "linear_conv_kernel_dim") - 1) * _NUMBER
    return rolling + heads * width * key_width * _wide(shape)


def _mamba(shape: Shape) -> int:
    heads, width, state = (_number(shape, key) for key in ("mamba_n_heads", "mamba_d_head", "mamba_d_state"))
    inner = heads * width + 2 * _number(shape, "mamba_n_groups") * state
    return inner * max(0, _number(shape, "mamba_d_conv") - 1) * _NUMBER + heads * width * state * _wide(shape)


def _wide(shape: Shape) -> int:
    return 4 if read.text(shape.text, "mamba_ssm_dtype") == "float32" else _NUMBER


def _number(shape: Shape, key: str) -> int:
    return read.number(shape.text, key) or 0
