"""Our values as the plain data that JSON knows: objects, lists, words. Nothing is left out, nothing converted back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def plain(value: Any) -> Any:
    """`value`, with each dataclass as an object by its fields, each mapping as an object, each tuple as a list."""
    if is_dataclass(value):
        return {found.name: plain(getattr(value, found.name)) for found in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value
