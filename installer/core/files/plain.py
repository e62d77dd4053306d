"""Our values as the plain data that JSON knows: objects, lists, words. Nothing is converted back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def plain(value: Any, *, without_none: bool = False) -> Any:
    """`value`, with each dataclass as an object by its fields, each mapping as an object, each tuple as a list.

    `without_none`: a field that is `None` is left out; the values of a mapping stay.
    """

    def inner(one: Any) -> Any:
        return plain(one, without_none=without_none)

    if is_dataclass(value):
        known = {found.name: getattr(value, found.name) for found in fields(value)}
        return {name: inner(one) for name, one in known.items() if one is not None or not without_none}
    if isinstance(value, Mapping):
        return {str(key): inner(one) for key, one in value.items()}
    return [inner(one) for one in value] if isinstance(value, list | tuple) else value
