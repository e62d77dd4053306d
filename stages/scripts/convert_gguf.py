"""Make an ordinary model folder (bfloat16, safetensors, tokenizer) of one GGUF file: `--gguf=FILE --folder=DIR`.

Run with the Python of the environment that will serve it; needs torch, transformers, gguf and accelerate there. Never
reads the network, and never writes outside `--folder`.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("gguf", "folder"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    wanted = parser.parse_args()
    transformers = importlib.import_module("transformers")
    _read_once(importlib.import_module("gguf"))
    source, file = str(wanted.gguf.parent), wanted.gguf.name
    tokenizer = transformers.AutoTokenizer.from_pretrained(source, gguf_file=file)
    model = _model(transformers, source, file)
    # Where it was while it was converted is of no use.
    model.config.name_or_path = tokenizer.name_or_path = wanted.gguf.stem
    wanted.folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(str(wanted.folder))
    model.save_pretrained(str(wanted.folder), safe_serialization=True)
    share(wanted.folder)
    for weights in wanted.folder.glob("*.safetensors"):  # written for its owner only, whatever the umask says
        weights.chmod((wanted.folder / "config.json").stat().st_mode)
    sys.stdout.write(f"{wanted.gguf.stem}: {model.num_parameters():,} parameters, {len(tokenizer)} tokens\n")
    return 0


def share(folder: Path) -> None:
    """Say it in the words of earlier releases as well: recipes with other releases of Transformers use the same folder.

    Releases from 5 on read what earlier ones wrote, as most models are; not the other way round.
    """
    _rewrite(folder / "config.json", _configured)
    _rewrite(folder / "tokenizer_config.json", _tokenized)


def _rewrite(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    if file.is_file():
        content = json.loads(file.read_text(encoding="utf-8"))
        change(content)
        file.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _configured(config: dict[str, Any]) -> None:
    rotary = config.get("rope_parameters")
    if isinstance(rotary, dict) and "rope_theta" in rotary:  # of one kind of layer only; more have no earlier words
        config.setdefault("rope_theta", rotary["rope_theta"])
        scaled = {name: value for name, value in rotary.items() if name not in ("rope_theta", "partial_rotary_factor")}
        if scaled.get("rope_type", "default") != "default":
            config.setdefault("rope_scaling", scaled)
        if "partial_rotary_factor" in rotary:
            config.setdefault("partial_rotary_factor", rotary["partial_rotary_factor"])
    if "dtype" in config:
        config.setdefault("torch_dtype", config["dtype"])


def _tokenized(config: dict[str, Any]) -> None:
    if config.get("tokenizer_class") == "TokenizersBackend":
        config["tokenizer_class"] = "PreTrainedTokenizerFast"
        # That class of earlier releases makes a third input by default, which no model that writes text takes.
        config.setdefault("model_input_names", ["input_ids", "attention_mask"])


def _read_once(gguf: Any) -> None:
    """Cache what Transformers reads again and again: measured, 7 s of processor time in place of 21 s.

    It parses the whole header (each word of the vocabulary) for the tokenizer, the configuration and the weights, and
    has the names of all tensors made again for each part of the model. Slices of a memory map cost as much as the rest.
    """
    plain = property(lambda own: own.plain, lambda own, mapped: setattr(own, "plain", mapped.view(_ordinary(mapped))))
    gguf.GGUFReader = functools.cache(type("GGUFReader", (gguf.GGUFReader,), {"data": plain}))
    gguf.get_tensor_name_map = functools.cache(gguf.get_tensor_name_map)


def _ordinary(mapped: Any) -> type | None:
    """The kind of array that this memory map is one of."""
    return type(mapped).__base__


def _model(transformers: Any, source: str, file: str) -> Any:
    torch = importlib.import_module("torch")
    # Later releases keep the weights as they are unless told otherwise; earlier ones know no other way.
    config = getattr(transformers, "GgufConfig", None)
    more = {"quantization_config": config(dequantize=True)} if config else {}
    return transformers.AutoModelForCausalLM.from_pretrained(source, gguf_file=file, dtype=torch.bfloat16, **more)


if __name__ == "__main__":
    raise SystemExit(main())
