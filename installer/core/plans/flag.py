"""One option that a release of an engine takes on its command line. A value only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flag:
    """One option of a server's command line."""

    names: tuple[str, ...]
    """All spellings, the main one first, such as ("--tp-size", "--tensor-parallel-size")."""
    takes_value: bool | None = True
    """`False`: a bare switch; `None`: not known, or the value may be left out."""
    kind: str = ""
    """"int", "float", "str", "json" or "" where not known."""
    choices: tuple[str, ...] = ()
    """Empty: anything."""
    many: bool = False
    """Whether it takes all the words up to the next option."""
    deprecated: bool = False
    refused: bool = False
    """Still known, but only to stop with a message: what it did was taken out."""
    replacement: str = ""
    """What to use instead, as the engine itself says it."""
