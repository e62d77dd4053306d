"""The flags of every shipped recipe are explained, by any of their names."""

from __future__ import annotations

from datetime import date

import pytest

from installer.core.recipe import Recipe
from installer.foresight import knowledge, parameters
from installer.session import recipes

SHIPPED = recipes.shipped()
SGLANG = next(recipe for recipe in SHIPPED if recipe.name == "qwen2.5-3b-sglang")
TABLE = knowledge.table("parameters")


@pytest.mark.parametrize("recipe", SHIPPED, ids=lambda recipe: recipe.name)
def test_every_flag_of_a_shipped_recipe_is_explained(recipe: Recipe) -> None:
    flags = {flag for profile in recipe.profiles for flag in profile.flags} | set(recipe.server.flags)

    for flag in flags:
        found = parameters.explain(flag, recipe)
        assert found, flag
        assert found.what and found.why and found.trade_off and found.sources, flag


def test_rows_are_whole() -> None:
    for row in TABLE["parameters"]:
        assert date.fromisoformat(row["checked"]) <= date.today()
        assert set(row["sources"]) <= set(TABLE["sources"])
        assert set(row["engines"]) <= {"sglang", "vllm"}
        assert set(row) <= {"flag", "formerly", "engines", "what", "why", "trade_off", "sources", "checked"}


@pytest.mark.parametrize("name", ["--cuda-graph-max-bs", "cuda_graph_max_bs", "--cuda-graph-max-bs-decode"])
def test_a_flag_is_found_by_its_older_name_too(name: str) -> None:
    found = parameters.explain(name, SGLANG)

    assert found and found.flag == "--cuda-graph-max-bs-decode"


def test_who_chose_a_value() -> None:
    tuned = recipes.load("qwen2.5-3b-sglang", profile="dev-16gb")

    chosen = {parameter.flag: (parameter.value, parameter.chosen_by) for parameter in parameters.explained(tuned)}

    assert chosen["--mem-fraction-static"] == (0.75, "profile dev-16gb")
    assert chosen["--grammar-backend"] == ("xgrammar", "recipe")
    left = parameters.explain("--schedule-policy", tuned)
    assert left and (left.value, left.chosen_by) == (None, "engine")


def test_what_nobody_knows() -> None:
    assert parameters.explain("--no-such-flag", SGLANG) is None
    assert parameters.explain("--max-num-seqs", SGLANG) is None
