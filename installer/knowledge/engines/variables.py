"""Environment variables that sources read. Finds them by their written names; never runs anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from installer.knowledge.engines.sources import Sources

_NAME = r"[A-Z][A-Z0-9_]{2,}"
_QUOTED = re.compile(rf"""["']({_NAME})["']""")
_BEFORE = re.compile(r"(?:environ(?:\.get|\.setdefault|\.pop)?\s*[\[(]|\w*env\w*\()\s*[frb]?$")
_AFTER = re.compile(r"\s+(?:not\s+)?in\s+os\.environ")
_FIELD = re.compile(rf"^[ ]+({_NAME})\s*(?::[^=\n]+)?=\s*_?Env\w+\(", re.MULTILINE)
_NEAR = 48
"""Characters before a name in which a call that reads it begins."""
_TABLE = re.compile(rf"""^[ ]+["']({_NAME})["']\s*:""", re.MULTILINE)


def read_by(sources: Sources, members: Iterable[str], *, table: str = "") -> frozenset[str]:
    """The variables that these files read; `table`: a file whose dictionary keys are variables (vLLM's envs.py)."""
    found: set[str] = set()
    for member in members:
        text = sources.text(member) or ""
        found.update(_read(text))
        if member == table:
            found.update(_TABLE.findall(text))
    return frozenset(found)


def _read(text: str) -> Iterator[str]:
    if "env" not in text and "Env" not in text:
        return
    yield from _FIELD.findall(text)
    for match in _QUOTED.finditer(text):
        if _BEFORE.search(text[max(0, match.start() - _NEAR) : match.start()]) or _AFTER.match(text, match.end()):
            yield match[1]
