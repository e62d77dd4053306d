"""Print the likeliest next tokens of prompts as JSON: `--folder=DIR --prompts=[["text", "…"], …] --count=10`.

Run with the Python of the environment that serves the model; needs torch and Transformers there, and works on the CPU,
in 32 bits. Never reads the network, and never writes a file.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from typing import Any

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # what the server has open is not ours to close


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--prompts", type=json.loads, required=True)
    parser.add_argument("--count", type=int, default=10)
    wanted = parser.parse_args()
    torch, transformers = importlib.import_module("torch"), importlib.import_module("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(wanted.folder, local_files_only=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(wanted.folder, dtype=torch.float32, local_files_only=True)
    rows = []
    with torch.no_grad():
        for kind, prompt in wanted.prompts:
            ids = _ids(tokenizer, kind, prompt)
            values = torch.log_softmax(model(input_ids=ids).logits[0, -1].float(), dim=-1)
            best = torch.topk(values, wanted.count)
            pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
            rows.append({"kind": kind, "prompt": prompt, "tokens": _tokens(tokenizer, pairs)})
    made_with = f"Transformers {transformers.__version__} with torch {torch.__version__} on the CPU in float32"
    sys.stdout.write("\n" + json.dumps({"made_with": made_with, "prompts": rows}) + "\n")
    return 0


def _ids(tokenizer: Any, kind: str, prompt: str) -> Any:
    if kind == "text":
        return tokenizer(prompt, return_tensors="pt").input_ids
    messages = [{"role": "user", "content": prompt}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return tokenizer(text, return_tensors="pt", add_special_tokens=False).input_ids


def _tokens(tokenizer: Any, pairs: Any) -> dict[str, float]:
    found: dict[str, float] = {}
    for number, value in pairs:
        found.setdefault(tokenizer.decode([number]), round(value, 4))
    return found


if __name__ == "__main__":
    sys.exit(main())
