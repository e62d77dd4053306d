"""The catalogue of symptoms: what a log says, what it means and what helps. Its rows: `installer/knowledge/symptoms`.

Reads the rows once. Adds none of its own: a message that no row knows stays unexplained, though never untold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from installer.diagnostics.logs.patterns import Pattern, any_of, when_asked
from installer.knowledge import tables

FORMS = "forms"
"""The rows that read a failure by its form, whatever it is about."""
TABLES = ("binaries", "builds", "host", "hub", "models", "parallel", "requests", "serving")


@dataclass(frozen=True, slots=True)
class Symptom:
    id: str
    title: str
    signature: Pattern
    """Searched in the message of each failure; its named groups fill in `cause` and `fix`."""
    confidence: float
    """How sure one can be of the cause by this line and its neighbours alone, from 0 to 1."""
    cause: str
    fix: str
    sources: tuple[str, ...]
    checked: str
    """Date on which the sources were read."""
    fixes: Mapping[str, str]
    """What to add for each engine (by its name), and for a run of our own (`ours`)."""
    command: tuple[str, ...] = ()
    """What to run, where one command helps; one of ours is for a run of our own."""
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same for one engine only."""
    near: Pattern | None = None
    """Must be among the lines around it; its named groups fill in, too."""
    not_near: Pattern | None = None
    """Must not be among the lines around it, which would contradict."""
    programs: frozenset[str] = frozenset()
    """Of whose log one must be; any where empty."""
    consequence: bool = False
    """Says that something ended, not why: counts only where nothing else does."""
    repairs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Settings of a recipe, by engine, that repair it and change nothing but how the server is started."""
    note: bool = False
    """Worth knowing, and no failure: reported only of a log that shows none."""
    look_up: Mapping[str, str] = field(default_factory=dict)
    """Which of its named groups (or `message`) have a meaning, by the section of `meanings.yaml` to ask."""
    explains: frozenset[str] = frozenset()
    """Other symptoms that follow from it: if both are found, it is the reason, wherever it precedes them."""
    examples: tuple[str, ...] = ()
    """Lines as programs really print them; each is found by this row and by no surer one."""


@dataclass(frozen=True, slots=True)
class Table:
    """The symptoms of one file, and what finds whether any of them finds something."""

    any: Pattern
    symptoms: tuple[Symptom, ...]


@cache
def catalogue() -> tuple[Symptom, ...]:
    """Every symptom that is known."""
    return tuple(_symptom(row) for name in TABLES for row in tables.table(f"symptoms/{name}")["symptoms"])


@cache
def failures() -> tuple[Table, ...]:
    """The symptoms of failures, table by table: most lines are known by none, and are asked about eight times only."""
    return tuple(_failures(name) for name in TABLES)


@cache
def forms() -> Table:
    """How failures are read that no row knows. They make no line a failure, and no failure another's consequence."""
    return _failures(FORMS)


def is_known(text: str) -> bool:
    """Whether any symptom of a failure finds something in a line."""
    return any(table.any.search(text) for table in failures())


def _failures(name: str) -> Table:
    rows = [row for row in tables.table(f"symptoms/{name}")["symptoms"] if not row.get("note")]
    return Table(any_of([row["signature"] for row in rows]), tuple(_symptom(row) for row in rows))


def _for(row: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """What a row says for one engine each, such as `fix_NAME`."""
    return ((key.removeprefix(prefix), value) for key, value in row.items() if key.startswith(prefix))


def _symptom(row: Mapping[str, Any]) -> Symptom:
    return Symptom(
        id=row["id"],
        title=row["title"],
        signature=when_asked(row["signature"]),
        confidence=row["confidence"],
        cause=row["cause"],
        fix=row["fix"],
        sources=tuple(row["sources"]),
        checked=row["checked"],
        fixes=dict(_for(row, "fix_")),
        command=tuple(row.get("command", ())),
        commands={name: tuple(words) for name, words in _for(row, "command_")},
        near=when_asked(row["near"]) if "near" in row else None,
        not_near=when_asked(row["not_near"]) if "not_near" in row else None,
        programs=frozenset(row.get("programs", ())),
        repairs={name: tuple(words) for name, words in _for(row, "repair_")},
        consequence=row.get("consequence", False),
        note=row.get("note", False),
        look_up=dict(row.get("look_up", {})),
        explains=frozenset(row.get("explains", ())),
        examples=tuple(row.get("examples", ())),
    )
