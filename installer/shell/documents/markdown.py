"""Reads a page of Markdown: its fenced blocks of shell, and cells of a notebook, in their order. Follows no link."""

from __future__ import annotations

import re

from installer.knowledge.engines import definitions
from installer.shell.documents import notebook
from installer.shell.documents.document import Document, placed

_SHELL = frozenset(("bash", "sh", "shell", "console", "zsh", "terminal", "shell-session", "bash-session", ""))
_NAME = re.compile(r"[{.\s]*([\w+-]*)")
"""The language of a fence: "bash", "{.bash}", "shell=", "bash:install.sh", "sh title=…"."""
_COMMANDS = frozenset(("pip", "pip3", "uv", "python", "python3", "docker", "export", "conda", "git", "sudo", "apt"))
"""How a block begins that names no language and is shell all the same."""


_CELL = re.compile(r"i?py(?:thon)?3?")
_MAGIC = re.compile(r"^[ \t]*[!%](?:pip|pip3|uv|conda|apt|apt-get|wget|curl|git|cd|env)\b", re.MULTILINE)
"""What makes blocks of Python the cells of a notebook that is shown on a page."""


def read(text: str, _: str) -> Document | None:
    """The page; `None` if it has no such block."""
    from markdown_it import MarkdownIt

    blocks = [
        (token.map[0] + 2, "".join(_NAME.findall(token.info.strip())[:1]).lower(), token.content)
        for token in MarkdownIt("commonmark").parse(text)
        if token.type == "fence" and token.map
    ]
    # Python alone is an example of a client as a rule; next to `!pip install` it is what runs behind it.
    in_notebook = any(_CELL.fullmatch(language) and _MAGIC.search(content) for _, language, content in blocks)
    pieces = {line: _commands(content, language) for line, language, content in blocks if language in _SHELL}
    cells = [
        (line, notebook.cell(content))
        for line, language, content in blocks
        if in_notebook and _CELL.fullmatch(language)
    ]
    # The command that runs the code is on the line of the fence.
    pieces |= {line - cell.startswith(notebook.PYTHON): cell for line, cell in cells}
    return Document("Markdown", placed(pieces)) if pieces else None


def _commands(content: str, language: str) -> str:
    """The lines; where some begin with a prompt, only those, and what they continue with."""
    lines = content.rstrip("\n").split("\n")
    if not any(line.startswith("$ ") for line in lines):
        return "\n".join(lines) if language else "\n".join(lines if _looks_like_shell(lines) else [])
    kept, goes_on = list[str](), False
    for line in lines:
        command = line.removeprefix("$ ") if line.startswith("$ ") else line if goes_on else ""
        goes_on = command.rstrip().endswith("\\")
        kept.append(command)
    return "\n".join(kept)


def _looks_like_shell(lines: list[str]) -> bool:
    """Whether the first command, behind the variables that are set for it, is one that people start in a shell."""
    words = next((line.split() for line in lines if line.strip() and not line.startswith("#")), [])
    bare = [word for word in words if not re.match(r"[A-Z_][A-Z0-9_]*=", word)]
    first = bare[0] if bare else "export" if words else ""
    serves = any(tuple(bare[: len(one.serve)]) == one.serve for one in definitions.engines().values())
    return serves or first in _COMMANDS or first.endswith((".sh", "/python", "/pip"))
