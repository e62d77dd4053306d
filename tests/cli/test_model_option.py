"""`--model` on the command line: what goes with it, and the file that `recipes new` writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.cli.parser import parse
from installer.cli.requests import request_of
from installer.core.errors import PredictedError, UsageError
from installer.core.runs.model_request import ModelRequest
from installer.models.shipped import from_knowledge
from installer.session import recipes
from tests.stand_ins.hub import HubModel, StandInHub

MACHINE = str(Path(__file__).parent.parent / "machines" / "h100.yaml")


@pytest.mark.parametrize("before", [[], ["plan"], ["server", "start"], ["check-client", "a.json"]])
def test_a_model_may_stand_wherever_a_recipe_may(before: list[str]) -> None:
    words = [*before, "--model", "Qwen/Qwen3-8B", "--context", "4096", "--users", "3", "--engine", "vllm"]

    assert request_of(parse(words)).wish == ModelRequest("Qwen/Qwen3-8B", 4096, 3, "vllm")


def test_a_refusal_is_a_plan_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "plan",
        "--model",
        "Qwen/Qwen3-235B-A22B",
        "--machine",
        MACHINE.replace("h100", "l4"),
        "--offline",
        "--json",
    ]
    options = parse([*words, "--offline", "--home", str(tmp_path)])

    with pytest.raises(PredictedError):
        options.handler(options)
    body = json.loads(capsys.readouterr().out)
    found = [(one["code"], one["severity"], one["subject"]) for one in body["findings"]]
    assert (body["verdict"], body["machine"]) == ("fails", "l4")
    assert found == [("memory", "blocker", "Qwen/Qwen3-235B-A22B")]


def test_a_revision_is_asked_about_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with StandInHub(models={"a/b": HubModel(_files(), revisions=("main", "v2"))}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        options = parse(["recipes", "new", "--model", "a/b", "--revision", "v2", "--machine", MACHINE, "--home",
                         str(tmp_path), str(tmp_path / "r.yaml")])  # fmt: skip
        assert options.handler(options) == 0
    assert any("/revision/v2" in one.path or "/resolve/v2/" in one.path for one in hub.asked)
    assert not any("/main" in one.path for one in hub.asked)
    assert recipes.load(str(tmp_path / "r.yaml")).model.alternatives[0].revision == "v2"


@pytest.mark.parametrize(
    ("tag", "more", "flag"),
    [
        ("feature-extraction", {}, "--is-embedding"),
        ("text-generation", {"modules.json": b"[]", "2_Dense/model.safetensors": b"more"}, "--is-embedding"),
        ("text-ranking", {}, "--runner"),
        ("text-generation", {}, "--tool-call-parser"),
    ],
)
def test_what_its_page_or_its_files_say_a_model_is_for(
    tag: str, more: dict[str, bytes], flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StandInHub(models={"a/b": HubModel({**_files(), **more}, tag=tag)}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        options = parse(["recipes", "new", "--model", "a/b", "--machine", MACHINE, "--home", str(tmp_path),
                         str(tmp_path / "r.yaml")])  # fmt: skip
        assert options.handler(options) == 0
    recipe = recipes.load(str(tmp_path / "r.yaml"))
    assert flag in recipe.server.flags
    assert ("[0-9]_*/*.safetensors" in recipe.model.alternatives[0].include) == ("2_Dense/model.safetensors" in more)


def _files() -> dict[str, bytes]:
    known = from_knowledge("Qwen/Qwen3-0.6B")
    assert known is not None
    tokenizer = {"tokenizer_class": "Qwen2Tokenizer", "chat_template": "{{ messages }}"}
    return {
        "config.json": json.dumps(dict(known.config)).encode(), "tokenizer_config.json": json.dumps(tokenizer).encode(),
        "tokenizer.json": b"{}", "model.safetensors": b"weights",
    }  # fmt: skip


def test_a_model_is_written_for_another_carrier(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "export",
        "compose",
        "--model",
        "Qwen/Qwen3-8B",
        "--machine",
        MACHINE,
        "--offline",
        "--home",
        str(tmp_path),
    ]
    options = parse(words)

    assert options.handler(options) == 0
    assert "--tool-call-parser" in capsys.readouterr().out

    options = parse(["export", "compose", "--home", str(tmp_path)])
    with pytest.raises(UsageError, match="No recipe or model was given"):
        options.handler(options)


def test_a_folder_goes_on_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)

    for word in ("mine", "./mine", str(tmp_path / "mine")):
        wish = request_of(parse(["plan", "--model", word])).wish
        assert wish is not None and wish.model == str(tmp_path / "mine")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "Qwen"], "is not a model"),
        (["--model", "a/../b"], "is not a model"),
        (["--model", "a/b", "--recipe", "qwen2.5-3b-vllm"], "Both a model and a recipe"),
        (["--context", "5"], "no model was given"),
        (["--quantization", "fp8"], "no model was given"),
        (["--model", "a/b", "--users", "0"], "not a number above zero"),
        (["--model", "a/b", "--context", "-1"], "not a number above zero"),
    ],
)
def test_what_does_not_go_together(words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        request_of(parse(["plan", *words]))


def test_a_request_with_a_wish_is_what_it_was_after_json() -> None:
    from installer.core.files.typed import typed
    from installer.core.runs.request import Request

    request = request_of(parse(["plan", "--model", "a/b", "--users", "2"]))

    assert typed(Request, json.loads(json.dumps(request.to_json()))) == request


def test_a_browser_is_shown_the_same_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from installer.ui import web

    started: list[str] = []
    monkeypatch.setattr(web, "serve", lambda command, *_: started.append(command))
    options = parse(["web", "--model", "a/b", "--context", "4096", "--home", str(tmp_path)])

    assert options.handler(options) == 0
    assert "--model a/b --context 4096" in started[0]


def test_a_recipe_of_a_model_is_written_with_its_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    words = ["recipes", "new", "--model", "Qwen/Qwen3-8B", "--machine", MACHINE, "--offline", "--home", str(tmp_path)]

    options = parse([*words, str(file)])
    assert options.handler(options) == 0
    assert "--context-length: 32768\n  the model's own is 40,960" in capsys.readouterr().out
    assert recipes.load(str(file)).model.alternatives[0].hub == "Qwen/Qwen3-8B"

    with pytest.raises(UsageError, match="exists already"):
        options.handler(options)


def test_the_same_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    words = ["recipes", "new", "--model", "Qwen/Qwen3-8B", "--machine", MACHINE, "--offline", "--home", str(tmp_path)]

    options = parse([*words, "--json", str(file)])
    options.handler(options)

    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == 1 and told["findings"] == []
    assert [(one["key"], one["value"]) for one in told["choices"][:2]] == [
        ("model.hub", "Qwen/Qwen3-8B"),
        ("engine", "sglang==0.5.23"),
    ]
