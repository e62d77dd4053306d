"""Whether the tokenizer of a model loads, gives back what it was given, and fits the model.

Loaded by `verify.py`, with the Python of the environment that is looked at. Never asks the network.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

Result = tuple[str, str, list[str]] | tuple[str, str, list[str], dict[str, Any]]
"""Status, a sentence, details; after a failure also `code` or `missing`, by which its advice is chosen."""
_TEXTS = ("Hello, world! It's 3.14 o'clock.", "def add(a, b):\n\treturn a + b\n", "Grüße, 你好, привет, 😀")


def check(folder: str | None, at_least: int | None, trust_remote_code: bool, exact: bool = True) -> Result:
    """Whether the model's tokenizer loads, gives back what it was given, and fits the model.

    Without `exact`: that of a model that only reads, which may leave out accents and capitals.
    """
    if folder is None:
        return "skipped", "there is no model yet", []
    transformers = importlib.import_module("transformers")
    load = transformers.AutoTokenizer.from_pretrained
    loaded = load(folder, local_files_only=True, trust_remote_code=trust_remote_code)
    backs = [(text, round_trip(loaded, text)) for text in _TEXTS]
    wrong = [f"{text!r} comes back as {back!r}" for text, back in backs if back != text.strip() and (exact or not back)]
    controls = control_tokens(loaded)
    wrong += [f"{token!r} {why}" for token in controls if (why := broken_control(loaded, token))]
    small = at_least is not None and len(loaded) < at_least
    if small:
        wrong.append(f"it knows {len(loaded)} tokens, and the recipe requires {at_least}")
    highest, room = max(loaded.get_vocab().values()), model_vocabulary(Path(folder))
    if room is not None and highest >= room:
        wrong.append(f"its highest token is {highest}, and the model has {room} rows")
    if wrong:
        code = "vocabulary" if small else "tokenizer"
        return "failed", f"{len(wrong)} things are wrong with {type(loaded).__name__}", wrong, {"code": code}
    return "ok", f"{type(loaded).__name__}: {len(loaded)} tokens, {len(controls)} of them control tokens", []


def round_trip(loaded: Any, text: str) -> str:
    return str(loaded.decode(loaded.encode(text, add_special_tokens=False))).strip()


def control_tokens(loaded: Any) -> list[str]:
    added = getattr(loaded, "added_tokens_decoder", None)
    added = added if isinstance(added, dict) else {}
    return sorted({*loaded.all_special_tokens, *(str(token) for token in added.values() if token.special)})


def broken_control(loaded: Any, token: str) -> str:
    """What is wrong with a control token: it has to be one number that means itself."""
    number = loaded.convert_tokens_to_ids(token)
    if number is None or loaded.decode([number]) != token:
        return "does not come back from its own number"
    # Mistral's own library never reads control tokens out of a text, on purpose.
    if type(loaded).__name__.startswith("MistralCommon"):
        return ""
    numbers = list(loaded.encode(token, add_special_tokens=False))
    return "" if numbers == [number] else f"is read as {len(numbers)} tokens instead of one"


def model_vocabulary(folder: Path) -> int | None:
    """Rows of the model's embedding, as its configuration says."""
    try:
        config = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        return None
    size = (config.get("text_config") or {}).get("vocab_size") or config.get("vocab_size")
    return size if isinstance(size, int) else None
