"""Associative arrays (`declare -A`) and names for other variables (`local -n`), as far as they can be calculated."""

from __future__ import annotations

import re
from collections.abc import Sequence

from installer.shell import expansion
from installer.shell.state import UNKNOWN, State, Value
from installer.shell.syntax import Assignment

_OPTION = re.compile(r"-[A-Za-z]*[An][A-Za-z]*")
_ENTRY = re.compile(r"\[([^\]]*)\]=(.*)", re.DOTALL)


def declares(words: Sequence[str]) -> bool:
    """Whether a declaration makes such a name."""
    return any(_OPTION.fullmatch(word) for word in words)


def declare(state: State, made: Sequence[tuple[str, Value]], words: Sequence[str]) -> None:
    """`declare -A X=([a]=b) Y`, `local -n Z=X`."""
    for name, value in [*made, *((word, ()) for word in words if word.isidentifier())]:
        _declared(state, name, value, words)


def _declared(state: State, name: str, value: Value, words: Sequence[str]) -> None:
    """Make the name: a table of its entries, or whatever the other name refers to."""
    if any("n" in word for word in words if _OPTION.fullmatch(word)):
        _named(state, name, value)
        return
    entries = [_ENTRY.fullmatch(text) for text in value] if isinstance(value, tuple) else []
    if all(entries):
        state.tables[name] = {entry[1].strip("\"'"): entry[2] for entry in entries if entry}
    else:
        state.variables[name] = (UNKNOWN,)


def put(state: State, assignment: Assignment, value: Value) -> None:
    """`X[key]=value`; where the key is not known, nothing is known of the table any more."""
    key = expansion.key(assignment.index, state)
    if key is None or not isinstance(value, str):
        del state.tables[assignment.name]
        state.variables[assignment.name] = (UNKNOWN,)
    else:
        state.tables[assignment.name] = {**state.tables[assignment.name], key: value}


def _named(state: State, name: str, other: Value) -> None:
    state.tables.pop(name, None)
    if isinstance(other, str) and other in state.tables:
        state.tables[name] = state.tables[other]
    else:
        held = state.variables.get(other) if isinstance(other, str) else None
        state.variables[name] = UNKNOWN if held is None else held
