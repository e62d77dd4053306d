"""Values from parsed JSON by their type hints, each checked: what another program wrote is believed in no point.

For files that this tool writes and reads back; what people write is read by `schema`, which explains.
Keys that are not known are left out, because a newer version may have written them. It must never convert a value: a
word of a closed set is read as that word and nothing else.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")
_LARGEST = 2**63


def typed(cls: type[T], body: Any, name: str = "") -> T:
    """A `cls` from a JSON object. Raises `ValueError` that names the key."""
    if not isinstance(body, dict):
        raise ValueError(f"{name or cls.__name__} is not an object")
    values = {}
    for key, hint, needed in _shape(cast(Any, cls)):
        if key in body:
            values[key] = _value(hint, body[key], key)
        elif needed:
            raise ValueError(f"{key} is missing")
    return cls(**values)


@cache
def _shape(cls: type) -> tuple[tuple[str, Any, bool], ...]:
    hints = typing.get_type_hints(cls)
    return tuple(
        (f.name, hints[f.name], f.default is MISSING and f.default_factory is MISSING)
        for f in fields(cast(Any, cls))
        if f.init
    )


def _value(hint: Any, value: Any, name: str) -> Any:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _one_of(inside, value, name)
    if is_dataclass(hint):
        return typed(cast(type, hint), value, name)
    if origin is tuple:
        return _sequence(inside, value, name)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(inside, value, name)
    return _plain(hint, value, name)


def _one_of(hints: tuple[Any, ...], value: Any, name: str) -> Any:
    for hint in hints:
        try:
            return _value(hint, value, name)
        except ValueError as error:
            refused = error
    raise refused


def _sequence(inside: tuple[Any, ...], value: Any, name: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{name} is not a list")
    if inside[-1:] == (...,):
        return tuple(_value(inside[0], one, name) for one in value)
    if len(inside) != len(value):
        raise ValueError(f"{name} has {len(value)} parts, not {len(inside)}")
    return tuple(_value(hint, one, name) for hint, one in zip(inside, value, strict=True))


def _mapping(inside: tuple[Any, ...], value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")
    return {str(key): _value(inside[1], one, name) for key, one in value.items()}


def _plain(hint: type, value: Any, name: str) -> Any:
    if issubclass(hint, Enum) and type(value) is str:
        return _word(hint, value, name)
    if hint is float and type(value) in (int, float):
        if math.isfinite(value) and abs(value) < _LARGEST:
            return float(value)
    elif type(value) is hint and (not isinstance(value, int) or abs(value) < _LARGEST):
        return value
    raise ValueError(f"{name} is not {getattr(hint, '__name__', hint)}: {str(value)[:40]!r}")


def _word(hint: type[Enum], value: str, name: str) -> Enum:
    """The member that this very word means."""
    try:
        return hint(value)
    except ValueError:
        raise ValueError(f"{name} is none of {', '.join(map(str, hint))}: {value[:40]!r}") from None
