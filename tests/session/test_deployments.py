"""What a home is to hold, and what a rollback makes of that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.cli import main
from installer.core.machine.facts import MachineFacts
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.execution.generations import Generations, Seal
from installer.session import recipes
from installer.session.deployments import go_back, remember, remembered
from installer.session.prepared import Prepared

RECIPE = Path(__file__).parents[1] / "recipes/mini.yaml"


def deployed(home: Home, number: int, request: Request, text: str = "") -> None:
    """A whole generation, in use, that a run of `request` made."""
    (Generations(home).path(number) / "bin").mkdir(parents=True)
    Generations(home).seal(Seal(number, None, "engine", f"r{number}", "mini", None, 1000.0 + number, True))
    Generations(home).switch(number)
    recipe = recipes.load(str(RECIPE))
    remember(Prepared(request, home, recipe, MachineFacts(), "", text=text))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_a_rollback_holds_what_was_deployed_with_its_generation(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    deployed(home, 1, Request(recipe="qwen2.5-0.5b-cpu", settings=("server.port=9001",)))
    deployed(home, 2, Request(recipe="ministral-3b-vllm", profile="fast", stages=(10,)))

    assert main(["rollback", "--home", str(home.root), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert told == {"schema": 1, "generation": 1, "previous": 2, "recipe": "qwen2.5-0.5b-cpu"}
    assert remembered(home) == Request(recipe="qwen2.5-0.5b-cpu", settings=("server.port=9001",))
    assert main(["status", "--home", str(home.root), "--json"]) == 0
    held = json.loads(capsys.readouterr().out)["deployment"]
    assert held == {"recipe": "qwen2.5-0.5b-cpu", "profile": None, "settings": ["server.port=9001"]}


def test_one_can_go_forward_again(home: Home) -> None:
    deployed(home, 1, Request(recipe="qwen2.5-0.5b-cpu"))
    deployed(home, 2, Request(recipe="ministral-3b-vllm", profile="fast"))
    go_back(home, None)
    go_back(home, 2)
    assert remembered(home) == Request(recipe="ministral-3b-vllm", profile="fast")


def test_the_last_that_was_deployed_with_a_generation_counts(home: Home) -> None:
    deployed(home, 1, Request(recipe="qwen2.5-0.5b-cpu"))
    recipe = recipes.load(str(RECIPE))
    remember(
        Prepared(Request(recipe="qwen2.5-0.5b-cpu", settings=("server.port=9002",)), home, recipe, MachineFacts(), "")
    )
    deployed(home, 2, Request(recipe="ministral-3b-vllm"))
    back = go_back(home, None)
    assert back.request is not None and back.request.settings == ("server.port=9002",)


def test_a_recipe_that_was_changed_since_is_taken_as_it_was(home: Home, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    before = RECIPE.read_text(encoding="utf-8")
    mine.write_text(before, encoding="utf-8")
    deployed(home, 1, Request(recipe=str(mine)), before)
    mine.write_text(before.replace("mini-engine==1.0", "mini-engine==1.1"), encoding="utf-8")
    deployed(home, 2, Request(recipe=str(mine)), mine.read_text(encoding="utf-8"))

    back = go_back(home, None)

    assert back.request is not None and back.request.recipe not in (None, str(mine))
    assert recipes.text_of(str(back.request.recipe)) == before
    forward = go_back(home, 2)
    assert forward.request is not None and forward.request.recipe == str(mine)


def test_a_recipe_that_was_deleted_since_is_there_all_the_same(home: Home, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(RECIPE.read_text(encoding="utf-8"), encoding="utf-8")
    deployed(home, 1, Request(recipe=str(mine)), mine.read_text(encoding="utf-8"))
    deployed(home, 2, Request(recipe="ministral-3b-vllm"))
    mine.unlink()
    back = go_back(home, None)
    assert back.request is not None and recipes.load(str(back.request.recipe)).name == "mini"


def test_where_nothing_was_noted_the_run_that_made_it_says(home: Home) -> None:
    deployed(home, 1, Request(recipe="qwen2.5-0.5b-cpu"))
    deployed(home, 2, Request(recipe="ministral-3b-vllm"))
    Generations(home).deployment(1).unlink()
    run = home.run("r1")
    run.root.mkdir(parents=True)
    asked = Request(recipe="qwen2.5-0.5b-cpu", profile="fast", stages=(2, 3), machine=None)
    run.request.write_text(json.dumps(asked.to_json()), encoding="utf-8")
    go_back(home, None)
    assert remembered(home) == Request(recipe="qwen2.5-0.5b-cpu", profile="fast")


@pytest.mark.parametrize("left", [None, "{}", "[1]", "not json", '{"request": {"recipe": 7}, "text": ""}'])
def test_where_nobody_knows_the_home_holds_what_it_held_and_that_is_said(
    home: Home, left: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed(home, 1, Request(recipe="qwen2.5-0.5b-cpu"))
    deployed(home, 2, Request(recipe="ministral-3b-vllm"))
    note = Generations(home).deployment(1)
    note.unlink() if left is None else note.write_text(left, encoding="utf-8")
    assert main(["rollback", "--home", str(home.root)]) == 0
    assert "is not known" in capsys.readouterr().err
    assert Generations(home).current() == 1
    assert remembered(home) == Request(recipe="ministral-3b-vllm")


def test_a_generation_that_is_dropped_leaves_nothing(home: Home) -> None:
    deployed(home, 1, Request(recipe="qwen2.5-0.5b-cpu"))
    deployed(home, 2, Request(recipe="ministral-3b-vllm"))
    Generations(home).drop(1)
    assert not [path for path in home.generations.iterdir() if path.name.startswith("0001")]
    assert list(Generations(home).seals()) == [2], "the note beside it is no seal"
