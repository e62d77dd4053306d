"""A maker's own description of a model (params.json), in the words of a config.json. Pure.

Only what memory and architecture need is translated, as the engines' own reader of that format does it. The words
of each format are a row of `knowledge/tokenizers.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.knowledge.tables import table


def is_params(document: Mapping[str, Any]) -> bool:
    """Whether this is a params.json, whatever its file is called."""
    return _row(document) is not None


def config_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """The same model as a config.json would describe it; without a `model_type`, which that format does not have."""
    row = _row(params) or table("tokenizers")["params"][0]
    experts, vision = _part(params, row["experts"]["in"]), _part(params, row["vision"])
    text = {
        **_translated(params, row["keys"]),
        **({ours: experts.get(theirs) for theirs, ours in row["experts"]["keys"].items()} if experts else {}),
    }
    found: dict[str, Any] = {"architectures": [_architecture(params, row)], "dtype": row["dtype"], **text}
    if method := _method(_part(params, "quantization"), row):
        found["quantization_config"] = {"quant_method": method}
    return {**found, "text_config": text, "vision_config": vision} if vision else found


def _row(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for row in table("tokenizers")["params"]:
        if all(key in document for key in row["has"]) and not any(key in document for key in row["lacks"]):
            return dict(row)
    return None


def _translated(params: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    return {ours: params[theirs] for theirs, ours in keys.items() if params.get(theirs) is not None}


def _part(params: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = params.get(key)
    return dict(found) if isinstance(found, Mapping) else {}


def _architecture(params: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """That of the first row whose parts the description has."""
    rows = row["architectures"]
    return next(str(one["architecture"]) for one in rows if all(params.get(key) for key in one.get("with", ())))


def _method(quantized: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    rows = row["quantization"]
    return next((str(one["method"]) for one in rows if quantized.get(one["key"]) == one["value"]), "")
