"""MiniMax-M1 on eight GPUs: what `plan` says of capacity, and of the image that its guide names."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.session import recipes
from stages import container_files
from stages.launching import arguments
from tests.stand_ins.lab import TOOL

ROOT = Path(__file__).parents[2]
CLAIMED = {"8x-h800": ("long-h800", 2_000_000), "8x-h20": ("long-h20", 5_000_000)}
"""The guide: machine, our profile for it, and the tokens of context that it is said to serve."""


def plan(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [TOOL, "plan", "--offline", "--home", str(home), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def planned(home: Path, *words: str) -> dict[str, Any]:
    return dict(json.loads(plan(home, *words, "--json").stdout))


def machine(name: str) -> str:
    return str(ROOT / f"tests/machines/{name}.yaml")


@pytest.mark.parametrize("recipe", ["minimax-m1-vllm", "minimax-m1-docker"])
@pytest.mark.parametrize("name", CLAIMED)
def test_the_context_that_the_guide_claims_fits(name: str, recipe: str, tmp_path: Path) -> None:
    profile, claimed = CLAIMED[name]
    found = planned(tmp_path, "--recipe", recipe, "--profile", profile, "--machine", machine(name))

    assert found["memory"]["longest_context"] == claimed < found["memory"]["kv_tokens"] < claimed * 2
    assert found["memory"]["tensor_parallel"] == 8
    assert [f for f in found["findings"] if f["code"] == "memory"] == []


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    found = planned(
        tmp_path, "--recipe", "minimax-m1-vllm", "--profile", "long-h20", "--machine", machine("8x-h800")
    )  # fmt: skip
    assert "memory" in [f["code"] for f in found["findings"] if f["severity"] == "blocker"]


def test_the_plan_shows_the_capacity(tmp_path: Path) -> None:
    text = " ".join(plan(tmp_path, "--recipe", "minimax-m1-docker", "--machine", machine("8x-h20")).stdout.split())
    assert "GB of weights on 8 GPUs; 5,120 bytes per token" in text and "tokens fit at 0.9" in text


def test_the_image_that_the_guide_names_is_foreseen_to_fail(tmp_path: Path) -> None:
    shipped = (recipes.folder() / "minimax-m1-docker.yaml").read_text(encoding="utf-8")
    literal = tmp_path / "literal.yaml"
    literal.write_text(shipped.replace("image: vllm/vllm-openai:v0.11.0", "image: vllm/vllm-openai:v0.8.3"))

    found = planned(tmp_path, "--recipe", str(literal), "--machine", machine("8x-h800"))

    blockers = [f for f in found["findings"] if f["severity"] == "blocker"]
    assert [(f["code"], f["stage"]) for f in blockers] == [("model-unsupported", 10)]


def test_the_container_is_given_what_eight_processes_need() -> None:
    recipe = recipes.load("minimax-m1-docker")
    files = container_files.files(recipe, arguments(recipe, container_files.place(recipe)), Path("/models/m1"))

    words = files["server.args"].splitlines()
    assert words[words.index("--tensor-parallel-size") + 1] == "8"
    assert words[words.index("--quantization") + 1] == "experts_int8"
    server = yaml.safe_load(files["compose.yaml"])["services"]["server"]
    assert (server["shm_size"], server["ulimits"]) == ("2048m", {"memlock": -1, "stack": 67108864})
    assert "USER vllm" in files["Dockerfile"]


def test_a_model_by_git_is_known_by_the_name_that_the_hub_gives_it(tmp_path: Path) -> None:
    shipped = (recipes.folder() / "minimax-m1-docker.yaml").read_text(encoding="utf-8")
    by_git = tmp_path / "by-git.yaml"
    by_git.write_text("".join(line for line in shipped.splitlines(keepends=True) if "- hub:" not in line))

    found = planned(tmp_path, "--recipe", str(by_git), "--machine", machine("8x-h800"))

    assert found["memory"]["weights_bytes"] > 400e9
    blocked = next(f for f in found["findings"] if f["stage"] == 8)
    assert "git repository is not asked" in blocked["summary"]
