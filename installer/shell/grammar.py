"""Parses a script with a real bash grammar (tree-sitter) and returns its tree as `syntax` values. Runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installer.shell import words
from installer.shell.budget import Budget, SpentError
from installer.shell.compound_commands import Compounds
from installer.shell.syntax import Broken, Command, Script

if TYPE_CHECKING:
    from tree_sitter import Node

_SLICE = 65_536
RETRIES = 10
"""How often parsing begins again after a line that is no shell."""


def parse(text: str, budget: Budget) -> Script:
    """The commands of a script. What cannot be parsed is `broken`, and parsing continues in the line after it.

    Where `budget` is spent, reading ends there, and that is `broken`, too.
    """
    lines = text.splitlines(keepends=True)
    body, broken, first = list[Command](), list[Broken](), 0
    for _ in range(RETRIES):
        source = "\n" * first + words.readable("".join(lines[first:]))
        compounds = Compounds(budget)
        root = _tree(source.encode(), budget)
        if root is None:
            broken.append(Broken(first + 1, "", "parsing takes too long; nothing after this was read"))
            break
        error = _first_error(root)
        kept = root.children if error is None else [n for n in root.children if n.end_byte <= error.start_byte]
        try:
            compounds.block(kept, body)
        except SpentError as spent:
            ended = Broken(compounds.line, lines[compounds.line - 1].strip()[:80], f"{spent}; no more was read")
            return Script(tuple(body), (*broken, *compounds.broken, ended))
        broken += compounds.broken
        if error is None:
            break
        line = words.line_of(error)
        broken.append(
            Broken(line, lines[line - 1].strip() if line <= len(lines) else "", "it is not valid shell", invalid=True)
        )
        first = max(first + 1, line)
    return Script(tuple(body), tuple(broken))


def _tree(source: bytes, budget: Budget) -> Node | None:
    """The grammar's tree; `None` if it takes too long: there are texts whose time grows with the square of them."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    parser, late = Parser(Language(tree_sitter_bash.language())), budget.clock()
    try:
        # Only a text that is returned by a function can be given up; the tree of one has no texts in it.
        done = parser.parse(lambda at, _: source[at : at + _SLICE], progress_callback=lambda *_: late())
    except ValueError:
        done = None
    return parser.parse(source).root_node if done else None


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
