"""Every code that a finding can have is in the registry of docs/interfaces.md, and no code is there in vain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for folder in ("installer", "stages") for path in (ROOT / folder).rglob("*.py"))
_MAKERS = re.compile(r"(Finding|_finding|finding|ForeseenError)$")
_CODE = re.compile(r"[a-z]+(-[a-z]+)*$")
_SEVERITIES = frozenset({"blocker", "warning", "probe", "info"})
"""What some makers are given first."""
_NAMES = re.compile(r"_?([A-Z]+_)*CODES?$")


def registry() -> frozenset[str]:
    """The first column of the table of codes."""
    text = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
    table = text.partition("\nCodes:\n")[2].lstrip().partition("\n\n")[0]
    return frozenset(code for row in table.splitlines()[2:] for code in re.findall(r"`([^`]+)`", row.split("|")[1]))


def literals(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def given(tree: ast.AST) -> Iterator[str]:
    """The codes that are written where a finding is made: its first word, `code=`, or a constant of that name."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if _MAKERS.search(name):
                first = [] if name == "ForeseenError" else node.args[:1]
                yield from codes_in(*first, *(word.value for word in node.keywords if word.arg == "code"))
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _NAMES.match(name):
                yield from codes_in(value)


def codes_in(*nodes: ast.AST) -> Iterator[str]:
    """The word itself, or either side of a choice; what is worked out otherwise is not looked at."""
    for node in nodes:
        match node:
            case ast.Constant(value=str(word)) if _CODE.match(word) and word not in _SEVERITIES:
                yield word
            case ast.IfExp(body=body, orelse=other):
                yield from codes_in(body, other)


def test_every_code_of_a_finding_is_in_the_registry() -> None:
    found = {
        str(path.relative_to(ROOT)): set(given(ast.parse(path.read_text(encoding="utf-8")))) - registry()
        for path in MODULES
    }
    assert {path: codes for path, codes in found.items() if codes} == {}


def test_every_code_of_the_registry_is_said_somewhere() -> None:
    said = {word for path in MODULES for word in literals(ast.parse(path.read_text(encoding="utf-8")))}
    assert registry() - said == set()
    assert len(registry()) > 20


def test_codes_are_found_where_findings_are_made() -> None:
    found = {code for path in MODULES for code in given(ast.parse(path.read_text(encoding="utf-8")))}
    assert {"abi-mismatch", "driver-cuda", "shm", "flag-unknown", "stale-state"} <= found
