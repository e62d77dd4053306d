"""Derives what is known of model classes; run it in an environment with Transformers and torch.

Neither is a dependency of ours; the versions that were used stand in the heads of the files.

Counts the parameters of every config of shapes.yaml on torch's meta device and says where a count differs, and writes
installer/knowledge/config_defaults.yaml. Downloads nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
import yaml
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

ROOT = Path(__file__).resolve().parents[2]
SHAPES = ROOT / "tests/models/shapes.yaml"
FAMILIES = ROOT / "installer/knowledge/families.yaml"
DEFAULTS = ROOT / "installer/knowledge/config_defaults.yaml"
KEYS = [
    "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim",
    "intermediate_size", "vocab_size", "max_position_embeddings", "tie_word_embeddings", "attention_bias",
    "mlp_bias", "sliding_window", "use_sliding_window", "num_local_experts", "num_experts", "n_routed_experts",
    "moe_intermediate_size", "shared_expert_intermediate_size", "n_shared_experts", "first_k_dense_replace",
    "decoder_sparse_step", "interleave_moe_layer_step", "intermediate_size_mlp", "q_lora_rank", "kv_lora_rank",
    "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "full_attention_interval", "linear_num_value_heads",
    "linear_num_key_heads", "linear_key_head_dim", "linear_value_head_dim", "linear_conv_kernel_dim",
    "attention_chunk_size",
]  # fmt: skip
HEAD = f"""\
# What the configuration class of a model type fills in where a config.json leaves a key out: checkpoints leave out what
# is the class's own default (the nested text_config of Gemma 3, for one). Derived, not typed in
# (tests/models/derive_shapes.py): every number that the class of that release has by itself, less those that it
# works out from other keys (they change with `hidden_size`, `num_attention_heads` or `num_hidden_layers`).

sources:
  transformers: transformers {transformers.__version__}, models/*/configuration_*.py
source: transformers
checked: "2026-11-21"

defaults:
"""


def count(config: dict[str, Any]) -> int:
    """Parameters of the real class, tied ones once."""
    values = json.loads(json.dumps(config))  # the class writes into what it is handed
    made = AutoConfig.for_model(values.pop("model_type"), **values)
    kind = AutoModelForImageTextToText if "vision_config" in config else AutoModelForCausalLM
    with torch.device("meta"):
        model = kind.from_config(made)
    return sum({id(parameter): parameter.numel() for parameter in model.parameters()}.values())


def own_values(model_type: str) -> dict[str, int]:
    """The numbers of a configuration class that depend on no other."""
    plain = AutoConfig.for_model(model_type)
    text = type(plain.get_text_config())
    nested = not hasattr(plain, "hidden_size")
    make: Callable[..., Any] = text if nested else lambda **more: AutoConfig.for_model(model_type, **more)
    base = make()
    heads = base.num_attention_heads
    derived = set()
    changes: list[dict[str, int]] = [
        {"hidden_size": base.hidden_size * 4},
        {"num_attention_heads": heads * 2},
        {"num_attention_heads": max(1, heads // 2)},
        {"num_hidden_layers": base.num_hidden_layers * 2},
    ]
    for more in changes:
        varied = make(**more)
        derived |= {k for k in KEYS if k not in more and getattr(varied, k, None) != getattr(base, k, None)}
    return {k: getattr(base, k) for k in KEYS if isinstance(getattr(base, k, None), int) and k not in derived}


def defaults() -> Iterator[str]:
    rows = yaml.safe_load(FAMILIES.read_text(encoding="utf-8"))["families"]
    for model_type in sorted(name for row in rows for name in row["model_types"]):
        try:
            values = own_values(model_type)
        except ValueError:
            continue  # a class that comes with its checkpoint
        yield f"  {model_type}:\n    {{{', '.join(f'{k}: {json.dumps(v)}' for k, v in values.items())}}}\n"


if __name__ == "__main__":
    DEFAULTS.write_text(HEAD + "".join(defaults()), encoding="utf-8")
    for name, model in yaml.safe_load(SHAPES.read_text(encoding="utf-8")).items():
        counted = count(model["config"])
        print(f"{name}: {counted:,}" + ("" if counted == model["parameters"] else f", not {model['parameters']:,}"))
