"""Turns a piece of the grammar's tree that is a word into a `Word`. Knows nothing of the values of variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable

from installer.shell.state import UNKNOWN
from installer.shell.syntax import Arithmetic, Block, Literal, Opaque, Part, Substitution, Variable, Word

if TYPE_CHECKING:
    from tree_sitter import Node

Blocks = Callable[["Node"], Block]
"""Makes the commands inside a `$(…)`."""
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r'\\([$`"\\\n])')
_BEFORE = {"#": "length", "!": "indirect"}
"""Operators that precede the name."""
DEPTH = 40
"""More expansions inside each other are not calculated."""
WORDS = frozenset(
    [
        "word",
        "string",
        "raw_string",
        "ansi_c_string",
        "translated_string",
        "concatenation",
        "simple_expansion",
        "expansion",
        "number",
        "command_substitution",
        "process_substitution",
        "arithmetic_expansion",
        "brace_expression",
        "regex",
        "extglob_pattern",
        "variable_name",
        "special_variable_name",
        "test_operator",
    ]
)


_MARK = "\ue000"
"""Replaces `UNKNOWN` while a text is parsed: the grammar takes a NUL for the end of a script."""


_INSIDE = re.compile(r"(?<=[^\s\"'`(;|&<>=\\$])\$([A-Za-z_]\w*)(?=[^\s\w;&|()<>\"'`])")
"""A variable without braces in the middle of a word: after another one (`$A-$B-c`), the grammar ends the word there."""


def readable(text: str) -> str:
    """The text as the grammar reads it."""
    return _INSIDE.sub(r"${\1}", text.replace(UNKNOWN, _MARK))


def _decoded(source: bytes) -> str:
    return source.decode("utf-8", "replace").replace(_MARK, UNKNOWN)


def text_of(node: Node) -> str:
    return _decoded(node.text or b"")


def last_command(node: Node) -> str:
    """The text of a command with its redirections, from the last command of a list on; without heredocs."""
    last = node.children[0]
    while last.type in ("list", "pipeline", "negated_command") and last.children:
        last = last.children[-1]
    redirects = [child for child in node.children if child.type == "file_redirect"]
    end = redirects[-1].end_byte if redirects else last.end_byte
    return _decoded((node.text or b"")[last.start_byte - node.start_byte : end - node.start_byte])


def line_of(node: Node) -> int:
    return node.start_point[0] + 1


def word(node: Node, blocks: Blocks) -> Word:
    return Word(tuple(_parts(node, blocks, quoted=False)), text_of(node), line_of(node))


def heredoc(node: Node, raw: bool, blocks: Blocks) -> Word:
    """The content of a heredoc; `raw` where its mark is quoted."""
    text = text_of(node)
    parts: tuple[Part, ...] = (Literal(text, True),) if raw else tuple(_mixed(node, blocks))
    return Word(parts, text, line_of(node))


def without_tabs(content: Word) -> Word:
    """What `<<-` does: no tabs at the beginning of a line."""
    parts = tuple(
        Literal(re.sub(r"(?m)^\t+", "", part.text), True) if isinstance(part, Literal) else part
        for part in content.parts
    )
    return Word(parts, content.text, content.line)


def _parts(node: Node, blocks: Blocks, quoted: bool) -> list[Part]:  # noqa: PLR0911 - one line a kind
    match node.type:
        case "concatenation" | "command_name":
            return [part for child in node.children for part in _parts(child, blocks, quoted)]
        case "string" | "translated_string":
            return _mixed(node, blocks) or [Literal("", True)]
        case "raw_string":
            return [Literal(text_of(node)[1:-1], True)]
        case "ansi_c_string":
            return [Literal(_ansi(text_of(node)[2:-1]), True)]
        case "simple_expansion":
            return [Variable(text_of(node).lstrip()[1:], quoted=quoted)]
        case "expansion":
            deep = (node.text or b"").count(b"${") > DEPTH
            return [Opaque(text_of(node), quoted) if deep else _expansion(node, blocks, quoted)]
        case "command_substitution":
            return [Substitution(blocks(node), text_of(node), quoted)]
        case "arithmetic_expansion" if text_of(node).startswith("$(("):
            return [Arithmetic(text_of(node)[3:-2], quoted)]
        case "arithmetic_expansion" | "process_substitution":
            return [Opaque(text_of(node), quoted)]
    text = text_of(node).replace("\\\n", "")
    return [Literal(_ESCAPED.sub(r"\1", text), quoted or "\\" in text)]


def _mixed(node: Node, blocks: Blocks) -> list[Part]:
    """The inside of double quotes or of a heredoc: plain text between the expansions.

    Taken from the bytes between them and not from the grammar's pieces, which leave out spaces and line ends.
    """
    source, found = node.text or b"", list[Part]()
    at, end = (1 if node.type == "string" else 0), len(source) - (1 if node.type == "string" else 0)
    if node.type == "translated_string":
        at, end = 2, len(source) - 1
    for child in node.children:
        if child.type in ("simple_expansion", "expansion", "command_substitution", "arithmetic_expansion"):
            # The grammar takes the spaces before the `$` into it where a line begins with them.
            spaces = len(child.text or b"") - len((child.text or b"").lstrip())
            found += _plain(source[at : child.start_byte - node.start_byte + spaces])
            found += _parts(child, blocks, quoted=True)
            at = child.end_byte - node.start_byte
    return found + _plain(source[at:end])


def _plain(source: bytes) -> list[Part]:
    text = _decoded(source)
    return [Literal(_ESCAPED_IN_QUOTES.sub(lambda m: "" if m[1] == "\n" else m[1], text), True)] if text else []


def _expansion(node: Node, blocks: Blocks, quoted: bool) -> Part:
    name, index, operator = "", "", ""
    arguments: list[Word] = []
    for child in node.children[1:-1]:
        if child.type in ("variable_name", "special_variable_name") and not name:
            name = text_of(child)
        elif child.type == "subscript" and not name:
            name, _, index = text_of(child).rstrip("]").partition("[")
        elif not child.is_named or child.type == "!":
            operator = operator or (text_of(child) if name else _BEFORE.get(text_of(child), text_of(child)))
        else:
            arguments.append(word(child, blocks))
    return Variable(name, operator, tuple(arguments), index, quoted) if name else Opaque(text_of(node), quoted)


_ANSI = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "e": "\x1b", "0": ""}


def _ansi(text: str) -> str:
    return _ESCAPED.sub(lambda m: _ANSI.get(m[1], m[0]), text)
