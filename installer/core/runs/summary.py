"""A run and a generation in a line each, for lists. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from installer.core.outcomes import RunState


@dataclass(frozen=True, slots=True)
class RunSummary:
    id: str
    recipe: str
    state: RunState
    at: float
    """When it began, in seconds since the epoch; 0 if that is not known."""
    seconds: float
    stage: int | None = None
    """Where it failed."""
    said: str = ""
    """What happened, in a sentence, where it did not end well."""
    served: bool = False
    """Whether its server proved itself."""


@dataclass(frozen=True, slots=True)
class GenerationSummary:
    number: int
    created: float
    """Seconds since the epoch."""
    recipe: str
    whole: bool
    current: bool
    packages: Mapping[str, str] = field(default_factory=dict)
    """Version by name."""


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What differs between two sets of packages: name, version before, version after; "" where it is not there."""
    names = sorted({*old, *new})
    pairs = [(name, old.get(name, ""), new.get(name, "")) for name in names]
    return [(name, before, after) for name, before, after in pairs if before != after]
