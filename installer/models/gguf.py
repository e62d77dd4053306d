"""GGUF files by their names (`…-Q4_K_M.gguf`, `ORG/NAME-GGUF:Q4_K_M`): which model, in how many bits. Opens no file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from installer.knowledge.tables import table


@dataclass(frozen=True, slots=True)
class Named:
    model: str
    """The name of the model, without what says that and how it was converted."""
    bits: float
    """Of a weight, on an average."""


def named(base: str) -> Named | None:
    """What the last part of a path or repository says, in small letters; `None` if it is no GGUF of a known type."""
    match = _shape().fullmatch(base) if "gguf" in base else None
    if match is None:
        return None
    return Named(match["model"], float(_bits()[match["type"].upper()]))


@cache
def _bits() -> dict[str, float]:
    return dict(table("quantization")["gguf"]["bits"])


@cache
def _shape() -> re.Pattern[str]:
    types = "|".join(sorted((re.escape(name) for name in _bits()), key=len, reverse=True))
    ending = r"(?:[-_.]\d{5}-of-\d{5})?(?:\.gguf)?"
    return re.compile(
        rf"(?P<model>.+?)(?:[-_.]gguf)?[-_.:](?:ud-|i1-)?(?P<type>{types})(?:_xl)?{ending}", re.IGNORECASE
    )
