"""The JSON Schema of a file format, from the same dataclasses that read it, for editors and other programs.

It says what the types say; what a value means (versions, names, addresses) only the loader checks.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from installer.core.files.schema import Rules, hints, optional, visible

Describe = Callable[[type, str], str]
_KINDS = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def json_schema(cls: type, rules: Rules, title: str, describe: Describe = lambda cls, name: "") -> dict[str, Any]:
    """The schema (draft 2020-12) of a file whose top is `cls`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **_section(cls, rules, describe)}


def _section(cls: type, rules: Rules, describe: Describe) -> dict[str, Any]:
    properties = {name: _field(cls, name, rules, describe) for name in visible(cls, rules)}
    required = [name for name, found in visible(cls, rules).items() if not optional(found)]
    inner = rules.inline.get(cls)
    if inner is not None:
        element: type = typing.get_args(hints(cls)[inner])[0]
        direct = {found.name: _field(element, found.name, rules, describe) for found in fields(element)}
        properties = {**properties, **direct}
        required = [name for name in required if name != inner]
    section: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**section, "required": required} if required else section


def _field(cls: type, name: str, rules: Rules, describe: Describe) -> dict[str, Any]:
    shape = _shape(hints(cls)[name], rules, describe)
    text = describe(cls, name)
    return {**shape, "description": text} if text else shape


def _shape(hint: Any, rules: Rules, describe: Describe) -> dict[str, Any]:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if is_dataclass(hint):
        return _section(typing.cast(type, hint), rules, describe)
    if origin is tuple:
        return {"type": "array", "items": _shape(inside[0], rules, describe)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _shape(inside[1], rules, describe)}
    if origin in (typing.Union, types.UnionType):
        shapes = [_shape(one, rules, describe) for one in inside]
        if all(set(shape) == {"type"} for shape in shapes):
            return {"type": [shape["type"] for shape in shapes]}
        return {"anyOf": shapes}
    return {"type": _KINDS[hint]}
