"""Reads a Procfile and a Makefile as the shell that starts what they name. Runs nothing."""

from __future__ import annotations

import re

from installer.knowledge.engines import definitions
from installer.shell.documents.document import Document, placed

_PROCESS = re.compile(r"^[\w-]+:\s+(.+)$")
_TARGET = re.compile(r"^([\w./-]+)[ \t]*:(?!=)", re.MULTILINE)
_INSTALLS = re.compile(r"\b(?:pip3?|uv|conda|poetry)\b[^\n]*\b(?:install|sync|add|create|venv)\b")


def procfile(text: str, _: str) -> Document | None:
    """Each process, in the background, as they all run at the same time."""
    found = {at: match[1] for at, line in enumerate(text.splitlines(), 1) if (match := _PROCESS.match(line))}
    return Document("Procfile", placed({at: f"{command} &" for at, command in found.items()})) if found else None


def makefile(text: str, name: str) -> Document | None:
    """The targets that install or start a server, in the file's order; `None` if none starts one."""
    rules = [(match, text[match.end() : end]) for match, end in _spans(text) if not match[1].startswith(".")]
    starts = [match for match, body in rules if _starts(body)]
    if not starts:
        return None
    wanted = {
        text.count("\n", 0, match.start()) + 1: f"make -f ./{name} {match[1]}"
        for match, body in rules if match in starts or _INSTALLS.search(body)
    }  # fmt: skip
    return Document("Makefile", placed(wanted), runs_file=True)


def _spans(text: str) -> list[tuple[re.Match[str], int]]:
    found = list(_TARGET.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return list(zip(found, ends, strict=True))


def _starts(body: str) -> bool:
    """Whether a recipe contains the words that start a server of a known engine."""
    engines = definitions.engines().values()
    return any(" ".join(one.serve) in body or any(entry in body for entry in one.entries) for one in engines)
