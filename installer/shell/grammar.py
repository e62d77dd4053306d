"""Parses a script with a real bash grammar (tree-sitter) and hands its tree on as `syntax` values. Runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installer.shell import words
from installer.shell.compound_commands import Compounds
from installer.shell.syntax import Broken, Command, Script

if TYPE_CHECKING:
    from tree_sitter import Node

RETRIES = 10
"""How often parsing begins again after a line that is no shell."""


def parse(text: str) -> Script:
    """The commands of a script. What cannot be parsed is `broken`, and parsing goes on in the line after it."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    parser = Parser(Language(tree_sitter_bash.language()))
    lines = text.splitlines(keepends=True)
    body, broken, first = list[Command](), list[Broken](), 0
    for _ in range(RETRIES):
        source = "\n" * first + "".join(lines[first:])
        compounds = Compounds()
        root = parser.parse(source.encode()).root_node
        error = _first_error(root)
        kept = root.children if error is None else [n for n in root.children if n.end_byte <= error.start_byte]
        body += compounds.block(kept)
        broken += compounds.broken
        if error is None:
            break
        line = words.line_of(error)
        broken.append(Broken(line, lines[line - 1].strip() if line <= len(lines) else "", "it is not valid shell"))
        first = max(first + 1, line)
    return Script(tuple(body), tuple(broken))


def _first_error(root: Node) -> Node | None:
    """The first place that the grammar could not make sense of, or where something is missing."""
    if not root.has_error:
        return None
    node = root
    while True:
        child = next((c for c in node.children if c.has_error or c.is_error or c.is_missing), None)
        if child is None or node.is_error:
            return node
        node = child
