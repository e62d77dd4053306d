"""Reads a notebook: `!command`, `%pip`, cells of bash and of Python, in their order. Runs no cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from installer.shell.documents.document import Document

_SHELL = re.compile(r"^\s*(?:!|%\s*sx\s|%\s*(?=pip\b|conda\b|uv\b|env\b|cd\b))(.*)$", re.DOTALL)
_RUN_ALL_THE_SAME = re.compile(r"^%%(capture|time|timeit|prun|script\s+python\S*|python3?)\b")
"""Magics that run the cell as it is."""
_WRITES = re.compile(r"^%%(?:writefile|file)\s+(-a\s+|--append\s+)?(\S+)\s*$")
PYTHON = "python3 - <<'END_OF_CELL'"
"""How a cell of Python begins."""
_CELL = re.compile(r"^%%(bash|sh|shell|script\s+(?:bash|sh).*)\s*$")


def read(text: str, _: str) -> Document | None:
    """The notebook; `None` if it is none."""
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return Document("notebook", "\n".join(map(cell, sources)) + "\n")


def cell(source: str) -> str:
    """A cell of code, as shell."""
    return "\n".join(_parts(source))


def _parts(source: str) -> Iterator[str]:
    lines = source.strip("\n").splitlines()
    if lines and _RUN_ALL_THE_SAME.match(lines[0]):
        lines = lines[1:]
    if lines and _CELL.match(lines[0]):
        yield "\n".join(lines[1:])
        return
    if lines and (written := _WRITES.match(lines[0])):
        yield "\n".join((f"cat >{'>' * bool(written[1])} {written[2]} <<'END_OF_CELL'", *lines[1:], "END_OF_CELL"))
        return
    if lines and lines[0].startswith("%%"):
        return
    code = list[str]()
    for line in _joined(lines):
        if match := _SHELL.match(line):
            yield from _python(code)
            code = []
            yield re.sub(r"^env\s+(\w+)[= ](.*)$", r"export \1=\2", match[1].strip())
        elif not line.lstrip().startswith("%"):
            code.append(line)
    yield from _python(code)


def _joined(lines: list[str]) -> Iterator[str]:
    """The lines, and a command that continues behind a backslash in one."""
    waiting = list[str]()
    for line in lines:
        waiting.append(line)
        if not (line.endswith("\\") and _SHELL.match(waiting[0])):
            yield "\n".join(waiting)
            waiting = []
    yield from waiting


def _python(code: list[str]) -> Iterator[str]:
    if any(line.strip() for line in code):
        yield f"{PYTHON}\n" + "\n".join(code) + "\nEND_OF_CELL"
