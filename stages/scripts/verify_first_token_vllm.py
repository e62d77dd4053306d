"""A vLLM engine in this process, with one layer of a model's shape and made-up weights. Used by verify_first_token.

The attention, the type of the numbers and the loaded plugins are those of the server; reads no weights and no network.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def build(model: str, options: Mapping[str, Any]) -> Any:
    """The engine, ready to generate."""
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    arguments = importlib.import_module("vllm.engine.arg_utils").EngineArgs
    known = {field.name for field in dataclasses.fields(arguments)}
    wanted = {
        **options, "model": model, "load_format": "dummy", "skip_tokenizer_init": True, "enforce_eager": True,
        "distributed_executor_backend": "uni", "max_num_seqs": 1, "hf_overrides": one_layer(model),
    }  # fmt: skip
    engine = importlib.import_module("vllm.v1.engine.llm_engine").LLMEngine
    return engine.from_engine_args(arguments(**{name: value for name, value in wanted.items() if name in known}))


def generate(engine: Any) -> int:
    """Two tokens, the first out of a prompt and the second out of the cache; how many came."""
    sampling = importlib.import_module("vllm").SamplingParams(
        max_tokens=2, temperature=0, detokenize=False, ignore_eos=True
    )
    engine.add_request("first", {"prompt_token_ids": [1, 2, 3]}, sampling)
    count = 0
    while engine.has_unfinished_requests():
        for answer in engine.step():
            count = max(count, len(answer.outputs[0].token_ids))
    return count


def one_layer(model: str) -> dict[str, Any]:
    """What makes the model's configuration one of a single layer, with full attention where it has any."""
    config = json.loads((Path(model) / "config.json").read_text())
    inner = config.get("text_config")
    return {**_shortened(config), **({"text_config": _shortened(inner)} if isinstance(inner, dict) else {})}


def _shortened(config: Mapping[str, Any]) -> dict[str, Any]:
    if "num_hidden_layers" not in config:
        return {}
    kinds = config.get("layer_types")
    if not isinstance(kinds, list):
        return {"num_hidden_layers": 1}
    return {"num_hidden_layers": 1, "layer_types": sorted(kinds, key=lambda kind: "full" not in str(kind))[:1]}
