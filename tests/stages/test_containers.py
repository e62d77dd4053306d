"""A server in a real container, where Docker's engine answers; and the files it is built from, everywhere."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from installer.cli import main
from installer.core.errors import UsageError
from installer.core.recipes.container import Container
from installer.core.recipes.loader import load
from installer.core.recipes.recipe import Recipe
from installer.session import recipes
from stages import container_files
from stages import containers as serving
from stages.launching import arguments
from tests.stand_ins.deployment import free_port
from tests.stand_ins.docker import BASE_IMAGE, docker, missing

SERVER = Path(__file__).parents[1] / "stand_ins" / "openai_server.py"
TURING = recipes.load("qwen2.5-0.5b-docker")


def written(recipe: Recipe) -> dict[str, str]:
    return container_files.files(recipe, arguments(recipe, container_files.place(recipe)), Path("/home/x/models/m"))


def test_the_files_of_the_turing_recipe_hold_its_settings() -> None:
    files = written(TURING)

    assert "FROM lmsysorg/sglang:v0.4.8.post1-cu126" in files["Dockerfile"]
    assert "RUN mkdir -p /tmp/flashinfer && chmod 0777 /tmp/flashinfer" in files["Dockerfile"]
    compose = yaml.safe_load(files["compose.yaml"])["services"]["server"]
    assert compose["environment"]["HOME"] == "/tmp"
    assert compose["environment"]["TORCH_CUDA_ARCH_LIST"] == "7.5"
    assert compose["environment"]["FLASHINFER_WORKSPACE_DIR"] == "/tmp/flashinfer"
    assert compose["volumes"] == ["/home/x/models/m:/models/Qwen2.5-0.5B-Instruct:ro"]
    assert compose["deploy"]["resources"]["reservations"]["devices"][0]["driver"] == "nvidia"
    words = files["server.args"].splitlines()
    assert words[words.index("--model-path") + 1] == "/models/Qwen2.5-0.5B-Instruct"
    for never in ("--enforce-eager", "--gpu-memory-utilization", "--enable-chunked-prefill", "--max-concurrent-tokens"):
        assert never not in words


def test_a_value_reaches_the_container_and_no_shell() -> None:
    nasty = 'it\'s $HOME; `id` "x"'
    recipe = replace(TURING, container=Container("x:1", environment={"GREETING": nasty}))

    compose = yaml.safe_load(written(recipe)["compose.yaml"])["services"]["server"]

    assert compose["environment"]["GREETING"].replace("$$", "$") == nasty
    assert nasty not in written(recipe)["Dockerfile"] + written(recipe)["entrypoint.sh"]


def test_the_entrypoint_hands_on_its_words_and_what_is_added_after_them(tmp_path: Path) -> None:
    recipe = replace(TURING, container=Container("x:1", python=str(tmp_path / "python")))
    files = written(recipe)
    (tmp_path / "server.args").write_text("--a b c\n--d=$(id)\n")
    script = tmp_path / "entrypoint.sh"
    script.write_text(files["entrypoint.sh"].replace("/usr/local/share/deploy", str(tmp_path)))
    (tmp_path / "python").write_text('#!/bin/sh\nfor word in "$@"; do echo "[$word]"; done\n')
    (tmp_path / "python").chmod(0o755)

    told = subprocess.run(["sh", str(script), "--e", "f"], capture_output=True, text=True, check=True).stdout

    assert told.split("\n")[:-1] == ["[-m]", "[sglang.launch_server]", "[--a b c]", "[--d=$(id)]", "[--e]", "[f]"]


def test_what_its_processes_may_take_is_the_recipes() -> None:
    recipe = replace(TURING, container=Container("x:1", host_ipc=True, ulimits={"memlock": -1, "stack": 67108864}))

    server = yaml.safe_load(written(recipe)["compose.yaml"])["services"]["server"]

    assert (server["ipc"], server["ulimits"]) == ("host", {"memlock": -1, "stack": 67108864})
    words = serving.limits(Container("x:1", shm_mib=64, ulimits={"memlock": -1}))
    assert words == ("--shm-size", "64m", "--ulimit", "memlock=-1")
    assert serving.limits(Container("x:1", host_ipc=True)) == ("--ipc", "host")


@pytest.mark.parametrize(
    "wrong",
    ["ulimits: {memory: 1}", "ulimits: {memlock: -2}", "host_ipc: true\n  shm_mib: 1"],
    ids=lambda text: text[:16],
)
def test_limits_that_docker_does_not_know_are_refused(wrong: str) -> None:
    text = (recipes.folder() / "qwen2.5-0.5b-docker.yaml").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match=r"copy\.yaml"):
        load(text.replace("  user: sglang\n", f"  user: sglang\n  {wrong}\n"), "copy.yaml")


@pytest.fixture
def recipe_file(tmp_path: Path) -> Iterator[Path]:
    if why := missing():
        pytest.skip(why)
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text('{"model_type": "qwen2"}')
    header = b"{}"
    (model / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    name = f"small-{os.getpid()}"
    base = f"deploy-tui-test/{name}:1"
    (tmp_path / "Dockerfile").write_text(
        f"FROM {BASE_IMAGE}\nCOPY server.py /usr/lib/python3/dist-packages/small_server.py\n"
    )
    shutil.copy(SERVER, tmp_path / "server.py")
    docker("build", "--quiet", "--tag", base, str(tmp_path), check=True)
    file = tmp_path / "small.yaml"
    file.write_text(
        f"""
schema: 1
name: {name}
title: A small server in a container
container: {{image: "{base}", gpus: false, folders: [/tmp/flashinfer], environment: {{HOME: /tmp}}}}
engine: {{name: sglang}}
model: {{served_as: tiny, path: {model}}}
server:
  module: small_server
  port: {free_port()}
  flags: {{"--model": "{{model}}", "--served-model-name": "{{served_as}}", "--host": "{{host}}", "--port": "{{port}}"}}
  endpoints: [health, model-info, generate]
  start_timeout_s: 60
  stop_timeout_s: 10
"""
    )
    yield file
    recipe = load(file.read_text(), str(file))
    name, tag = container_files.name(recipe), container_files.tag(recipe)
    docker("rm", "--force", name)
    docker("image", "rm", "--force", tag, base)


def containers(recipe: Recipe) -> str:
    return docker(
        "ps", "--all", "--quiet", "--filter", f"name={container_files.name(recipe)}", check=True
    ).stdout.strip()


@pytest.mark.real
def test_a_real_container_is_built_started_proven_and_stopped(
    recipe_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = str(tmp_path / "home")
    recipe = load(recipe_file.read_text(), str(recipe_file))

    assert main(["--stage", "all", "--yes", "--recipe", str(recipe_file), "--home", home]) == 0, capsys.readouterr()
    assert containers(recipe)
    assert main(["--stage", "all", "--yes", "--recipe", str(recipe_file), "--home", home]) == 0
    assert "Nothing to do" in capsys.readouterr().err
    assert main(["server", "status", "--home", home, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "ready"
    assert main(["server", "stop", "--home", home]) == 0
    assert not containers(recipe)


@pytest.mark.real
def test_files_that_are_not_as_the_recipe_says_are_written_anew_without_building(
    recipe_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--stage", "7", "--yes", "--recipe", str(recipe_file), "--home", str(tmp_path / "home")]
    assert main(words) == 0, capsys.readouterr()
    image = docker(
        "image", "inspect", "--format", "{{.Id}}", container_files.tag(load(recipe_file.read_text(), "x"))
    ).stdout
    recipe_file.write_text(recipe_file.read_text().replace("gpus: false,", "gpus: false, shm_mib: 99,"))

    assert main(words) == 0

    recipe = load(recipe_file.read_text(), "x")
    assert "shm_size: 99m" in (tmp_path / "home/container" / recipe.name / "compose.yaml").read_text()
    assert docker("image", "inspect", "--format", "{{.Id}}", container_files.tag(recipe)).stdout == image


@pytest.mark.real
def test_an_image_that_cannot_be_built_is_taken_back(
    recipe_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe_file.write_text(recipe_file.read_text().replace("gpus: false,", "gpus: false, user: a.b-c.d,").replace(
        "folders: [/tmp/flashinfer]", "folders: [/dev/null/x]"))  # fmt: skip

    code = main(["--stage", "7", "--yes", "--recipe", str(recipe_file), "--home", str(tmp_path / "home")])

    assert code == 1
    assert "could not be built" in capsys.readouterr().err


@pytest.mark.real
def test_a_model_that_the_servers_user_may_not_read_is_found_before_it_starts(
    recipe_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "model/model.safetensors"
    weights.chmod(0o600)

    code = main(["--stage", "7-9", "--yes", "--recipe", str(recipe_file), "--home", str(tmp_path / "home")])

    told = capsys.readouterr().err
    assert code == 1 and "could not read the model: model.safetensors." in told
    assert f"chmod -R a+rX {weights.parent}" in " ".join(told.split())
