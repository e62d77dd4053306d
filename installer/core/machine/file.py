"""`MachineFacts` -> the plain mapping that a machine file holds and that `doctor --json` prints.

The inverse of `installer.core.machine.loader`: what is not known is left out, and nothing is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from installer.core.machine.facts import MachineFacts


def to_mapping(facts: MachineFacts) -> dict[str, Any]:
    """The machine file of `facts`, in the order of docs/machine-file.md."""
    mapping = _section(facts)
    del mapping["here"]
    return {key: value for key, value in mapping.items() if value != {}}


def _section(value: Any) -> dict[str, Any]:
    known = {found.name: getattr(value, found.name) for found in fields(value)}
    return {name: _plain(one) for name, one in known.items() if one is not None}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _section(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value
