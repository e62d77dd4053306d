"""Facts of a ticket as a person reads them: names and values in rows instead of JSON. Pure.

Never leaves a fact out; escapes nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_UNITS = {"_mib": " (MiB)", "_s": " (s)", "_bytes": " (bytes)"}
_ANSWERS = {True: "yes", False: "no", None: "unknown"}


def rows(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """One row for each fact; several lines where it is a list of things that have facts themselves."""
    for name, value in facts.items():
        yield _label(name), shlex.join(value) if name == "command" and value else readable(value)


def readable(value: Any) -> str:
    """A value in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{_label(name)} {readable(one)}" for name, one in value.items()) or "none"
    if isinstance(value, Sequence) and not isinstance(value, str):
        between = "\n" if any(isinstance(one, Mapping) for one in value) else ", "
        return between.join(map(readable, value)) or "none"
    return _ANSWERS[value] if value is None or isinstance(value, bool) else str(value)


def _label(name: str) -> str:
    unit = next((unit for unit in _UNITS if name.endswith(unit)), "")
    return name.removesuffix(unit).replace("_", " ") + _UNITS.get(unit, "")
