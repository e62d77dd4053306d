"""Environment variables that sources read. Finds them by their written names; never runs anything."""

from __future__ import annotations

import re
from collections.abc import Iterable

from installer.foresight.engines.sources import Sources

_NAME = r"[A-Z][A-Z0-9_]{2,}"
_READ = re.compile(
    rf"""(?:environ(?:\.get|\.setdefault|\.pop)?\s*[\[(]|\w*env\w*\()\s*[frb]?["']({_NAME})["']"""
    rf"""|["']({_NAME})["']\s+(?:not\s+)?in\s+os\.environ"""
    rf"""|^[ ]+({_NAME})\s*(?::[^=\n]+)?=\s*_?Env\w+\(""",
    re.MULTILINE,
)
_TABLE = re.compile(rf"""^[ ]+["']({_NAME})["']\s*:""", re.MULTILINE)


def read_by(sources: Sources, members: Iterable[str], *, table: str = "") -> frozenset[str]:
    """The variables that these files read; `table`: a file whose dictionary keys are variables (vLLM's envs.py)."""
    found: set[str] = set()
    for member in members:
        text = sources.text(member) or ""
        for match in _READ.finditer(text):
            found.update(name for name in match.groups() if name)
        if member == table:
            found.update(_TABLE.findall(text))
    return frozenset(found)
