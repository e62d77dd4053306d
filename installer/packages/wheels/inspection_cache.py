"""Facts of wheels, engines and Transformers as JSON and back. What another format wrote counts as not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from installer.core.plans.flag import Flag
from installer.core.plans.stack import Binary, EngineFacts, TransformersFacts, WheelFacts

_FORMAT = 1
"""Raised when the meaning of kept facts changes."""


def to_json(facts: WheelFacts | EngineFacts | TransformersFacts) -> dict[str, Any]:
    views = {f.name: getattr(facts, f.name) for f in fields(facts)}
    plain: dict[str, Any] = {name: dict(value) for name, value in views.items() if isinstance(value, Mapping)}
    body = asdict(replace(facts, **plain))  # a read-only view of a mapping cannot be copied
    for name, value in body.items():
        if isinstance(value, frozenset):
            body[name] = sorted(value)
    return {"format": _FORMAT, **body}


def wheel(body: Any) -> WheelFacts | None:
    content = _without_format(body)
    if content is None:
        return None
    try:
        content["binaries"] = tuple(Binary(**_tuples(binary)) for binary in content["binaries"])
        return WheelFacts(**_tuples(content))
    except (TypeError, KeyError):
        return None


def engine(body: Any) -> EngineFacts | None:
    content = _without_format(body)
    if content is None:
        return None
    try:
        content["flags"] = tuple(Flag(**_tuples(flag)) for flag in content["flags"])
        for name in ("architectures", "variables", "own_model_types", "imports"):
            content[name] = frozenset(content[name])
        return EngineFacts(**_tuples(content))
    except (TypeError, KeyError):
        return None


def transformers(body: Any) -> TransformersFacts | None:
    content = _without_format(body)
    if content is None:
        return None
    try:
        for name in ("model_types", "tokenizers"):
            content[name] = frozenset(content[name])
        return TransformersFacts(**_tuples(content))
    except (TypeError, KeyError):
        return None


def _without_format(body: Any) -> dict[str, Any] | None:
    if not isinstance(body, dict) or body.get("format") != _FORMAT:
        return None
    return {name: value for name, value in body.items() if name != "format"}


def _tuples(body: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in body.items()}
