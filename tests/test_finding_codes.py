"""Every code that a finding can have is in the registry of docs/interfaces.md, and no code is there in vain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from installer.core.outcomes import Code, Severity, StageStatus, Verdict

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for folder in ("installer", "stages") for path in (ROOT / folder).rglob("*.py"))
_DECIDED = {"severity": Severity, "verdict": Verdict, "status": StageStatus, "code": Code}
"""Fields that are words of a closed set, wherever they stand."""


def registry() -> list[str]:
    """The first column of the table of codes."""
    text = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
    table = text.partition("\nCodes:\n")[2].lstrip().partition("\n\n")[0]
    return [code for row in table.splitlines()[2:] for code in re.findall(r"`([^`]+)`", row.split("|")[1])]


def said(tree: ast.AST) -> Iterator[str]:
    """The members of `Code` that a module names."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="Code"), attr=name):
                yield name


def spelled(tree: ast.AST) -> Iterator[str]:
    """Comparisons of such a field with a string instead of with its member."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=ast.Attribute(attr=field), comparators=others) if field in _DECIDED:
                words = [part.value for other in others for part in ast.walk(other) if isinstance(part, ast.Constant)]
                yield from (f"{field} {word}" for word in words if word in set(map(str, _DECIDED[field])))


def trees() -> dict[str, ast.AST]:
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def test_the_registry_is_the_set_of_codes() -> None:
    assert sorted(registry()) == sorted(map(str, Code))


def test_every_code_is_said_somewhere() -> None:
    assert {member.name for member in Code} - {name for tree in trees().values() for name in said(tree)} == set()


def test_no_word_of_a_closed_set_is_spelled_where_it_is_compared() -> None:
    found = {name: list(spelled(tree)) for name, tree in trees().items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_a_spelled_word_is_found() -> None:
    tree = ast.parse('finding.severity == "blocker"; plan.verdict in ("works", "fails"); done.code == 0')
    assert list(spelled(tree)) == ["severity blocker", "verdict works", "verdict fails"]
