from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from installer.core.recipes.file import RecipeFile
from installer.core.recipes.recipe import Recipe
from installer.session.recipe_reference import written

CHECKOUT = Path(__file__).parent.parent.parent
WRITTEN = written()


@pytest.mark.parametrize("path", sorted(WRITTEN))
def test_the_reference_is_not_stale(path: str) -> None:
    assert (CHECKOUT / path).read_text(encoding="utf-8") == WRITTEN[path], (
        "run `python -m installer.session.recipe_reference` in the checkout"
    )


def test_every_key_of_a_recipe_is_explained() -> None:
    rows = [line for line in WRITTEN["recipes/README.md"].splitlines() if line.startswith("| `")]
    assert len(rows) > 60
    assert [row for row in rows if row.endswith("|  |")] == []


def test_the_file_and_the_value_have_the_same_parts() -> None:
    only_in_value = {"engine_name", "profile", "source"}
    assert {found.name for found in fields(Recipe)} - only_in_value == {f.name for f in fields(RecipeFile)} - {"schema"}
