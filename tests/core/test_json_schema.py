from __future__ import annotations

from typing import Any

from installer.core.files.json_schema import json_schema
from installer.core.machine.facts import MachineFacts
from installer.core.machine.loader import RULES
from installer.core.recipes.file import RecipeFile, rules


def test_a_recipe_says_what_it_needs_and_knows_nothing_else() -> None:
    schema = json_schema(RecipeFile, rules(()), "recipe")
    assert schema["required"] == ["schema", "name", "title", "engine", "model", "server"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["server"]["properties"]["port"] == {"type": "integer"}


def test_a_section_may_hold_its_one_alternative_directly() -> None:
    sections: dict[str, Any] = json_schema(RecipeFile, rules(()), "recipe")["properties"]
    assert {"alternatives", "skip", "requires", "index"} <= set(sections["pytorch"]["properties"])
    assert sections["model"]["required"] == ["served_as"]


def test_hidden_fields_are_not_told() -> None:
    properties = json_schema(MachineFacts, RULES, "machine")["properties"]
    assert "here" not in properties and "gpus" in properties
