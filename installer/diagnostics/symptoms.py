"""The catalogue of symptoms: what a log says, what it means and what helps. Its rows: `installer/knowledge/symptoms`.

Reads the rows once. Adds none of its own: a message that no row knows stays unexplained.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from installer.knowledge import tables

TABLES = ("binaries", "host", "models", "serving")


@dataclass(frozen=True, slots=True)
class Symptom:
    id: str
    title: str
    signature: re.Pattern[str]
    """Searched in each line of a log; its named groups fill in `cause` and `fix`."""
    confidence: float
    """How sure one can be of the cause by this line alone, from 0 to 1."""
    cause: str
    fix: str
    sources: tuple[str, ...]
    checked: str
    """Date on which the sources were read."""
    command: tuple[str, ...] = ()
    """What to run, where one command helps."""
    examples: tuple[str, ...] = ()
    """Lines as programs really print them; each is found by this row and by no surer one."""


@cache
def catalogue() -> tuple[Symptom, ...]:
    """Every symptom that is known."""
    rows = [row for name in TABLES for row in tables.table(f"symptoms/{name}")["symptoms"]]
    return tuple(
        Symptom(
            **{
                **row,
                "signature": re.compile(row["signature"]),
                "sources": tuple(row["sources"]),
                "command": tuple(row.get("command", ())),
                "examples": tuple(row.get("examples", ())),
            }
        )
        for row in rows
    )
