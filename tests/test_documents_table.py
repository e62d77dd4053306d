"""The page documents.md names only what is there: tests, symptoms, recipes, profiles and its own kinds of answers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from installer.diagnostics.symptoms import catalogue
from installer.session import recipes

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/evidence/documents.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith("| item ")
]
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", TEXT)))
FEWEST = {"1.": 22, "2.": 14, "3.": 22, "4.": 15}
"""Rows of each document; less of them means that an item was dropped."""


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("named", NAMED)
def test_each_test_that_is_named_exists(named: str) -> None:
    file, _, function = named.partition("::")
    assert (ROOT / file).is_file()
    assert not function or function in functions(ROOT / file)


def test_each_row_says_what_is_done_and_what_shows_it() -> None:
    assert [row for row in ROWS if len(row) != 3 or not all(row)] == []
    assert [row[0] for row in ROWS if "`tests/" not in row[2]] == []


@pytest.mark.parametrize("document", FEWEST)
def test_no_document_lost_its_rows(document: str) -> None:
    part = TEXT.split(f"\n## {document}")[1].split("\n## ")[0]
    assert len(re.findall(r"^\| (?!item )", part, re.MULTILINE)) >= FEWEST[document]


def test_each_symptom_that_is_named_is_known() -> None:
    named = {
        name for part in re.findall(r"symptoms? ((?:`[a-z0-9-]+`(?:, )?)+)", TEXT) for name in part.split("`")[1::2]
    }
    assert len(named) > 15
    assert named <= {symptom.id for symptom in catalogue()}


def test_each_recipe_and_profile_that_is_named_is_there() -> None:
    named = set(re.findall(r"`((?:ministral|qwen|minimax)[a-z0-9.-]+)`", TEXT))
    assert len(named) > 7 and named <= set(recipes.names())
    profiles = {profile.name for recipe in recipes.shipped() for profile in recipe.profiles}
    told = {name for part in re.findall(r"profiles ((?:`[a-z0-9-]+`(?:, )?)+)", TEXT) for name in part.split("`")[1::2]}
    assert len(told) > 9 and told <= profiles
