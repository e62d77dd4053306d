"""From a recipe to the words of a command, and nothing but words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from installer.core.contracts.serving import LaunchSpec, base_url, launch_from_json
from installer.core.errors import UsageError
from installer.core.recipes.recipe import Model, ModelSource, RandomModel, Recipe, Server
from stages.launching import arguments, launch_spec
from stages.models import ChosenModel


def launched(tmp_path: Path, flags: dict[str, Any], **server: Any) -> LaunchSpec:
    model = Model("tiny", (ModelSource(random=RandomModel()),))
    recipe = Recipe("r", "R", "vllm", model, Server("an.engine", flags=flags, **server))
    return launch_spec(recipe, ChosenModel(Path("/models/m"), True, "a stand-in"), tmp_path)


def words(tmp_path: Path, flags: dict[str, Any]) -> list[str]:
    return list(launched(tmp_path, flags).command[3:])


def test_the_four_places_are_filled_in(tmp_path: Path) -> None:
    flags = {"--model": "{model}", "served-model-name": "{served_as}", "--bind": "{host}:{port}"}
    assert words(tmp_path, flags) == [
        "--model", "/models/m", "--served-model-name", "tiny", "--bind", "127.0.0.1:8000",
    ]  # fmt: skip


def recipe_of(engine: str, module: str, flags: dict[str, Any]) -> Recipe:
    model = Model("tiny", (ModelSource(random=RandomModel()),))
    return Recipe("r", "R", engine, model, Server(module, host="127.0.0.2", port=9123, flags=flags))


@pytest.mark.parametrize(
    ("engine", "module", "model"),
    [
        ("vllm", "vllm.entrypoints.openai.api_server", "--model"),
        ("sglang", "sglang.launch_server", "--model-path"),
    ],
)
def test_an_engine_is_always_told_what_the_recipe_says_by_its_own_keys(engine: str, module: str, model: str) -> None:
    told = [model, "/m", "--served-model-name", "tiny", "--host", "127.0.0.2", "--port", "9123"]
    assert arguments(recipe_of(engine, module, {"--dtype": "auto"}), "/m") == ("--dtype", "auto", *told)
    said = {"--model": "{model}", "--served_model_name": "{served_as}", "--host": "{host}", "--port": "{port}"}
    assert len(arguments(recipe_of(engine, module, said), "/m")) == 8, "and once only"
    with pytest.raises(UsageError, match=r'--port is "9000", and server\.port is "9123"'):
        arguments(recipe_of(engine, module, {"--port": 9000}), "/m")


def test_true_is_bare_and_false_and_null_are_left_out(tmp_path: Path) -> None:
    assert words(tmp_path, {"--a": True, "--b": False, "--c": None, "--d": 0, "--e": 0.5}) == [
        "--a", "--d", "0", "--e", "0.5",
    ]  # fmt: skip


def test_other_braces_stay_as_they_are(tmp_path: Path) -> None:
    value = '{"mode": "{model!r}", "x": {0}}'
    assert words(tmp_path, {"--json": value}) == ["--json", value]


def test_shell_syntax_stays_one_word(tmp_path: Path) -> None:
    value = "a; rm -rf / $(reboot) `id` > /tmp/x"
    assert words(tmp_path, {"--name": value}) == ["--name", value]


def test_a_value_that_looks_like_a_flag_cannot_become_one(tmp_path: Path) -> None:
    assert words(tmp_path, {"--name": "--trust-remote-code"}) == ["--name=--trust-remote-code"]


def test_the_generation_is_named_not_the_link_to_it(tmp_path: Path) -> None:
    generation = tmp_path / "generations" / "0007"
    generation.mkdir(parents=True)
    (tmp_path / "current").symlink_to(generation)
    spec = launched(tmp_path / "current", {})
    assert spec.generation == 7
    assert spec.command == (str(generation / "bin" / "python"), "-m", "an.engine")


def test_the_recipe_has_the_last_word_on_the_environment(tmp_path: Path) -> None:
    environment = launched(tmp_path, {}, environment={"HF_HUB_OFFLINE": "0", "X": "{model}"}).environment
    assert (environment["HF_HUB_OFFLINE"], environment["X"]) == ("0", "{model}")
    assert environment["PYTHONNOUSERSITE"] == "1"


def test_a_launch_survives_being_written_down(tmp_path: Path) -> None:
    spec = launched(tmp_path, {"--a": "b"}, port=9000, start_timeout_s=7)
    assert launch_from_json(spec.to_json()) == spec
    for broken in (None, [], {}, {**spec.to_json(), "port": "x"}, {**spec.to_json(), "environment": 3}):
        assert launch_from_json(broken) is None


def test_another_port_command_or_environment_is_another_server(tmp_path: Path) -> None:
    spec = launched(tmp_path, {})
    assert spec.same_server(replace(spec, stop_timeout_s=1, recipe="renamed"))
    assert not spec.same_server(replace(spec, port=1))
    assert not spec.same_server(replace(spec, command=(*spec.command, "--x")))
    assert not spec.same_server(replace(spec, environment={}))


def test_a_server_for_everybody_is_reached_here() -> None:
    assert base_url("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert base_url("::1", 80) == "http://[::1]:80"
    assert base_url("10.0.0.5", 80) == "http://10.0.0.5:80"
