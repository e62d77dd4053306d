"""Mistral's own description of a model (params.json), in the words of a config.json. Pure.

Only what memory and architecture need is translated, as the engines' own reader of that format does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEYS = {
    "dim": "hidden_size",
    "n_layers": "num_hidden_layers",
    "head_dim": "head_dim",
    "hidden_dim": "intermediate_size",
    "n_heads": "num_attention_heads",
    "n_kv_heads": "num_key_value_heads",
    "vocab_size": "vocab_size",
    "tied_embeddings": "tie_word_embeddings",
    "max_position_embeddings": "max_position_embeddings",
    "max_seq_len": "max_position_embeddings",
    "sliding_window": "sliding_window",
}


def is_params(document: Mapping[str, Any]) -> bool:
    """Whether this is a params.json, whatever its file is called."""
    return "dim" in document and "n_layers" in document and "model_type" not in document


def config_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """The same model as a config.json would describe it; without a `model_type`, which that format does not have."""
    text = {ours: params[theirs] for theirs, ours in _KEYS.items() if params.get(theirs) is not None}
    if isinstance(experts := params.get("moe"), Mapping):
        text |= {"num_local_experts": experts.get("num_experts"),
                 "num_experts_per_tok": experts.get("num_experts_per_tok")}  # fmt: skip
    quantized = params.get("quantization")
    method = _method(quantized) if isinstance(quantized, Mapping) else ""
    found: dict[str, Any] = {"architectures": [_architecture(params)], "dtype": "bfloat16", **text}
    if method:
        found["quantization_config"] = {"quant_method": method}
    if isinstance(params.get("vision_encoder"), Mapping):
        found = {**found, "text_config": text, "vision_config": dict(params["vision_encoder"])}
    return found


def _architecture(params: Mapping[str, Any]) -> str:
    if isinstance(params.get("vision_encoder"), Mapping):
        return "PixtralForConditionalGeneration"
    if isinstance(params.get("moe"), Mapping):
        return "MistralLarge3ForCausalLM" if "kv_lora_rank" in params else "MixtralForCausalLM"
    return "MistralForCausalLM"


def _method(quantized: Mapping[str, Any]) -> str:
    if quantized.get("qformat_weight") == "fp8_e4m3":
        return "fp8"
    return "compressed-tensors" if quantized.get("quant_method") == "compressed-tensors" else ""
