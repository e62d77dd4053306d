"""Looks at an image from inside, with its own Python: versions, the GPU, the tokenizer. Prints one JSON object.

`python verify.py QUESTION.json`. Standard library only, until a module is looked for. Never asks the network.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    question = json.loads(Path(sys.argv[1]).read_text())
    found: dict[str, Any] = {"python": sys.version.split()[0], "modules": {}, "failed": []}
    for name in question["imports"]:
        try:
            module = importlib.import_module(name)
            found["modules"][name] = str(getattr(module, "__version__", ""))
        except Exception as error:
            found["failed"].append(f"{name}: {type(error).__name__}: {error}")
    if question["gpus"]:
        inspect(found, "gpu", gpu)
    if question["model"]:
        found["unreadable"] = unreadable(Path(question["model"]))
        inspect(found, "tokenizer", lambda: tokenizer(question["model"], question["vocabulary_at_least"]))
    print(json.dumps(found))  # noqa: T201


def inspect(found: dict[str, Any], name: str, at: Any) -> None:
    try:
        found[name] = at()
    except Exception as error:
        found["failed"].append(f"{name}: {type(error).__name__}: {error}")


def unreadable(folder: Path) -> list[str]:
    """What of the model the user of the server may not read; nothing is seen of a folder that it may not enter."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return ["its folder"]
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if not os.access(file, os.R_OK))


def gpu() -> str:
    torch = importlib.import_module("torch")
    device = torch.cuda.get_device_properties(0)
    total = (torch.ones(8, device="cuda") * 2).sum().item()
    if total != 16:
        raise RuntimeError(f"the GPU adds up to {total}")
    return f"{device.name}, compute capability {device.major}.{device.minor}, {torch.cuda.device_count()} of them"


def tokenizer(folder: str, at_least: int | None) -> str:
    if at_least is None and importlib.util.find_spec("transformers") is None:
        return "tokenizer not checked, because the image has no Transformers"
    transformers = importlib.import_module("transformers")
    loaded = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if at_least is not None and len(loaded) < at_least:
        raise RuntimeError(f"it knows {len(loaded)} tokens, and the recipe requires {at_least}")
    return f"{type(loaded).__name__}, {len(loaded)} tokens"


if __name__ == "__main__":
    main()
