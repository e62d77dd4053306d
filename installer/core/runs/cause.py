"""What is known about why a log ends badly: a value for anyone who shows it. Finds nothing itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    title: str
    """In a few words."""
    line: int
    """Where it is in the given lines, from 0."""
    why: str
    fix: str
    id: str = ""
    """Of the row that knows it; empty if none does."""
    sure: bool = False
    """Whether it can be stated as a fact."""
    command: tuple[str, ...] = ()
    """What repairs it, where that is one command."""
    settings: tuple[str, ...] = ()
    """Of the server, `KEY=VALUE`: those that repair it by themselves."""
