"""Removes what precedes a message: container, time, process, level, however many were put around each other.

Its rows: `wrappers` in `installer/knowledge/logs.yaml`. Never takes off a part of the message itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from installer.knowledge import tables

_MOST = 12
_LEVELS = {
    **dict.fromkeys(("E", "ERROR"), "ERROR"),
    **dict.fromkeys(("F", "FATAL", "CRITICAL", "ABORT", "PANIC"), "FATAL"),
    **dict.fromkeys(("W", "WARN", "WARNING"), "WARNING"),
    **dict.fromkeys(("I", "INFO", "NOTICE", "NOTE", "VERSION"), "INFO"),
    **dict.fromkeys(("D", "DEBUG", "TRACE"), "DEBUG"),
}
_NAMES = ("level", "process", "where", "source", "module")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    text: str
    level: str = ""
    """ERROR, FATAL, WARNING, INFO or DEBUG; empty if the line has none."""
    process: str = ""
    where: str = ""
    """The container, pod or unit."""
    source: str = ""
    """The module that wrote it."""
    led: bool = False
    """Whether anything was taken off."""


@cache
def rows() -> tuple[str, ...]:
    """The pattern of each wrapper, in their order."""
    return tuple(row["pattern"] for row in tables.table("logs")["wrappers"])


@cache
def _lead() -> re.Pattern[str]:
    """All of them in one; each has its own names for its groups."""
    parts = [re.sub(r"\(\?P<(\w+)>", rf"(?P<\1__{number}>", row) for number, row in enumerate(rows())]
    return re.compile("|".join(f"(?:{part})" for part in parts))


def unwrap(text: str) -> Unwrapped:
    """The message of a line, and what preceded it. The outermost level counts, and the innermost process."""
    held = dict.fromkeys(_NAMES, "")
    at = 0
    for _ in range(_MOST):
        match = _lead().match(text, at)
        if match is None or match.end() == at:
            break
        for name, value in match.groupdict().items():
            if value:
                _hold(held, name.partition("__")[0], value)
        at = match.end()
    return Unwrapped(
        text=text[at:],
        level=_LEVELS.get(held["level"].upper().strip(), ""),
        process=" ".join(held["process"].split()),
        where=held["where"],
        source=held["source"] or held["module"],
        led=at > 0,
    )


def _hold(held: dict[str, str], name: str, value: str) -> None:
    if name == "process" and held[name] and value not in held[name]:
        held[name] = value if "pid=" not in held[name] or "_" in value else held[name]
    elif name == "process" or not held[name]:
        held[name] = value
