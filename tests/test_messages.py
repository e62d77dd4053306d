"""What the program says to people names only commands that exist."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.cli.parser import build

ROOT = Path(__file__).parents[1]
COMMAND = re.compile(r"`(?:\./)?deploy-tui ([^`]+)`")
PLACES = {"N": "5", "FILE": "x.yaml", "SCRIPT": "x.sh"}


def _filled(node: ast.JoinedStr) -> str:
    """Its text with `x` for what is filled in; what stands right behind a word adds words of its own, or none."""
    text = ""
    for part in node.values:
        text += str(part.value) if isinstance(part, ast.Constant) else "" if text[-1:].isalpha() else "x"
    return text


def texts(file: Path) -> Iterator[str]:
    """Every text in a module that is no docstring, with `x` for what is filled in; a data file as it is."""
    if file.suffix != ".py":
        yield file.read_text(encoding="utf-8")
        return
    tree = ast.parse(file.read_text(encoding="utf-8"))
    silent = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield _filled(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in silent:
            yield node.value


FILES = [
    f for kind in ("py", "yaml") for f in (*ROOT.glob(f"installer/**/*.{kind}"), *ROOT.glob(f"stages/**/*.{kind}"))
]
NAMED = sorted({command for file in FILES for text in texts(file) for command in COMMAND.findall(text)})


@pytest.mark.parametrize("command", NAMED)
def test_a_command_that_is_named_exists(command: str) -> None:
    build().parse_args([PLACES.get(word, word) for word in shlex.split(command)])


def test_commands_are_named() -> None:
    assert len(NAMED) > 15 and "server key" in NAMED
