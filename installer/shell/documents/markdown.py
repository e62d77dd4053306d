"""Reads a page of Markdown: its fenced blocks of shell, in their order. Follows no link."""

from __future__ import annotations

import re

from installer.knowledge.engines import definitions
from installer.shell.documents.document import Document, placed

_SHELL = frozenset(("bash", "sh", "shell", "console", "zsh", "terminal", "shell-session", "bash-session", ""))
_NAME = re.compile(r"[{.\s]*([\w+-]*)")
"""The language of a fence: "bash", "{.bash}", "shell=", "bash:install.sh", "sh title=…"."""
_COMMANDS = frozenset(("pip", "pip3", "uv", "python", "python3", "docker", "export", "conda", "git", "sudo", "apt"))
"""How a block begins that names no language and is shell all the same."""


def read(text: str, _: str) -> Document | None:
    """The page; `None` if it has no such block."""
    from markdown_it import MarkdownIt

    pieces: dict[int, str] = {}
    for token in MarkdownIt("commonmark").parse(text):
        language = "".join(_NAME.findall(token.info.strip())[:1]).lower()
        if token.type == "fence" and token.map and language in _SHELL:
            pieces[token.map[0] + 2] = _commands(token.content, language)
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
