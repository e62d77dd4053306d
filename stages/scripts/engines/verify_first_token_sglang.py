"""One layer of a model with made-up weights through SGLang's own one-batch benchmark. Used by verify_first_token.

That tool builds what the server's scheduler builds (attention, sampling, the kernels compiled on the spot) in one
process and without a port. Tokens are drawn at random, as a chat's are, so that the sampling kernels run, too. Reads
no weights and no network.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_PLACES = ("sglang.benchmark.one_batch", "sglang.bench_one_batch")
"""Where the tool is: first in today's releases, then where it was."""
_DRAWN = {"temperature": 0.8, "top_p": 0.9, "top_k": 20}
_TOKENS = 2


def generate(model: str, layer: Mapping[str, Any], options: Mapping[str, Any], ready: Callable[[], None]) -> int:
    """Two tokens, the first out of a prompt and the second out of the cache; how many came.

    `layer` makes the model's configuration one of a single layer; `ready` is called when the engine is built.
    """
    place = next(place for place in _PLACES if _is_there(place))
    tool = importlib.import_module(place)
    arguments = importlib.import_module("sglang.srt.server_args").ServerArgs
    parser = argparse.ArgumentParser()
    arguments.add_cli_args(parser)
    tool.BenchArgs.add_cli_args(parser)
    words = [*_flags(model, layer, options), *_batch(Path(os.environ["TMPDIR"]) / "measured.jsonl")]
    given = parser.parse_args(words)
    counted = _observed(tool, ready)
    tool.main(arguments.from_cli_args(given), tool.BenchArgs.from_cli_args(given))
    return len(counted)


def _is_there(place: str) -> bool:
    try:
        return importlib.util.find_spec(place) is not None
    except ModuleNotFoundError:
        return False


def _observed(tool: Any, ready: Callable[[], None]) -> list[object]:
    """Makes the tool draw its tokens, and say when it computes; what it computed is added to the list."""
    params, extend, decode = tool.SamplingParams, tool.extend, tool.decode
    prompt = tool.prepare_synthetic_inputs_for_latency_test
    counted = list[object]()

    def first(*given: Any) -> Any:
        ready()
        return _kept(extend(*given), counted)

    # The tool's own prompt is made of numbers up to 10,000, and a small model knows fewer tokens than that.
    tool.prepare_synthetic_inputs_for_latency_test = lambda batch, length, *_: prompt(batch, length, [[1] * length])
    tool.SamplingParams = lambda **given: params(**{**given, **_DRAWN})
    tool.extend = first
    tool.decode = lambda *given: _kept(decode(*given), counted)
    return counted


def _kept(result: Any, counted: list[object]) -> Any:
    # Bringing the token to the processor waits for the kernels that made it: an error of theirs comes out here.
    counted.append(result[0].tolist())
    return result


def _flags(model: str, layer: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    words = ["--model-path", model, "--load-format", "dummy", "--skip-tokenizer-init"]
    words += ["--json-model-override-args", json.dumps(layer), "--disable-cuda-graph"]
    words += ["--max-total-tokens", "4096", "--max-running-requests", "1"]
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])] if value is not False else []
    return words


def _batch(result: Path) -> list[str]:
    return ["--batch-size", "1", "--input-len", "8", "--output-len", str(_TOKENS), "--result-filename", str(result)]


def configure(words: Sequence[str], found: Callable[[Sequence[str], str], Any], strict: Callable[[Any], Any]) -> None:
    """What the server does with its command line before it loads anything. Raises what the server would raise.

    `found` looks for a name in several modules; `strict` makes a parser raise.
    """
    arguments = found(("sglang.srt.server_args",), "ServerArgs")
    parser = strict(argparse.ArgumentParser())
    arguments.add_cli_args(parser)
    given = arguments.from_cli_args(parser.parse_args(list(words)))
    for step in ("resolve_once", "check_server_args"):
        getattr(given, step, lambda: None)()
