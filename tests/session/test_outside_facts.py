"""What a plan knows of the model of a recipe."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from installer.core.machine.facts import MachineFacts
from installer.core.recipes.recipe import ModelSource, PackagedModel
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.host.local import LocalHost
from installer.session import recipes
from installer.session.circumstances import circumstances
from installer.session.outside_facts import model_of_recipe
from stages import models


def test_a_model_without_a_name_is_known_by_its_folder_once_it_is_in_the_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    host = LocalHost(home.cache)
    around = circumstances(Request(offline=True), home, MachineFacts())
    recipe = recipes.load("qwen2.5-0.5b-cpu")
    source = ModelSource(package=PackagedModel("own-model==1.0", "0" * 64, "own/Model.gguf"))
    recipe = replace(recipe, model=replace(recipe.model, alternatives=(source,)))
    assert model_of_recipe(recipe, around, host) is None

    folder = models.folder(home, source)
    folder.mkdir(parents=True)
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 3}
    (folder / "config.json").write_text(json.dumps(config))
    assert model_of_recipe(recipe, around, host) is None, "a model that is half there is not told of"
    models.write_manifest(folder, source, (), run=None)
    found = model_of_recipe(recipe, around, host)
    assert found is not None and found.architectures == ("LlamaForCausalLM",)
    assert found.name == "Model (package own-model==1.0)"
