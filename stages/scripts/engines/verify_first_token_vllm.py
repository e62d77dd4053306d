"""A vLLM engine in this process, with one layer of a model's shape and made-up weights. Used by verify_first_token.

The attention, the type of the numbers and the loaded plugins are those of the server; reads no weights and no network.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_PARSERS = ("vllm.entrypoints.launchers.cli_args", "vllm.entrypoints.openai.cli_args")
_PARSER_CLASSES = ("vllm.utils.argparse_utils", "vllm.utils")
"""Where they are: first in today's releases, then where they were."""


def generate(model: str, layer: Mapping[str, Any], options: Mapping[str, Any], ready: Callable[[], None]) -> int:
    """Two tokens, the first out of a prompt and the second out of the cache; how many came.

    `layer` makes the model's configuration one of a single layer; `ready` is called when the engine is built.
    Of a model that writes no text: what it makes of one prompt.
    """
    engine = _built(model, layer, options)
    ready()
    if options.get("runner") == "pooling":
        return _pooled(engine)
    drawn = {"temperature": 0.8, "top_p": 0.9, "top_k": 20} if options.get("sampled") else {"temperature": 0}
    sampling = importlib.import_module("vllm").SamplingParams(max_tokens=2, detokenize=False, ignore_eos=True, **drawn)
    engine.add_request("first", {"prompt_token_ids": [1, 2, 3]}, sampling)
    count = 0
    while engine.has_unfinished_requests():
        for answer in engine.step():
            count = max(count, len(answer.outputs[0].token_ids))
    return count


def _pooled(engine: Any) -> int:
    """How many prompts came back as a vector or a score."""
    tasks = engine.get_supported_tasks()
    task = next(one for one in ("embed", "classify", "score", "token_embed", "token_classify") if one in tasks)
    pooling = importlib.import_module("vllm").PoolingParams(task=task)
    engine.add_request("first", {"prompt_token_ids": [1, 2, 3]}, pooling)
    count = 0
    while engine.has_unfinished_requests():
        count += sum(answer.outputs.data.isfinite().all().item() for answer in engine.step())
    return int(count)


def _built(model: str, layer: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    arguments = importlib.import_module("vllm.engine.arg_utils").EngineArgs
    known = {field.name for field in dataclasses.fields(arguments)}
    wanted = {
        **options, "model": model, "load_format": "dummy", "skip_tokenizer_init": True, "enforce_eager": True,
        "distributed_executor_backend": "uni", "max_num_seqs": 1,
        "hf_overrides": {**json.loads(options.get("hf_overrides") or "{}"), **layer},
    }  # fmt: skip
    engine = importlib.import_module("vllm.v1.engine.llm_engine").LLMEngine
    return engine.from_engine_args(arguments(**{name: value for name, value in wanted.items() if name in known}))


def configure(words: Sequence[str], found: Callable[[Sequence[str], str], Any], strict: Callable[[Any], Any]) -> None:
    """What the server does with its command line before it loads anything. Raises what the server would raise.

    `found` looks for a name in several modules; `strict` makes a parser raise.
    """
    making, parsers = found(_PARSERS, "make_arg_parser"), found(_PARSER_CLASSES, "FlexibleArgumentParser")
    validate = found(_PARSERS, "validate_parsed_serve_args")
    arguments = found(("vllm.engine.arg_utils",), "AsyncEngineArgs")
    usage = found(("vllm.usage.usage_lib",), "UsageContext").OPENAI_API_SERVER
    given = strict(making(parsers())).parse_args(list(words))
    validate(given)
    arguments.from_cli_args(given).create_engine_config(usage_context=usage)
