"""The line for a pod's start command: a shell accepts it, our own reading follows it, and it does its work."""

from __future__ import annotations

import itertools
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from installer.cli.parser import build
from installer.core.errors import UsageError
from installer.core.runs.model_request import ModelRequest
from installer.host.local import LocalHost
from installer.session import pod_command, recipes

ROOT = Path(__file__).parents[2]
TOOL = str(Path(sys.executable).with_name("deploy-tui"))
SOURCE = "https://example.com/deploy-tui.git"
RECORDER = '#!/bin/sh\nfor word in "$@"; do printf "%s\\n" "$word"; done > "$HOME/words"\nexit 3\n'
AWKWARD = 'server.flags.--chat-template=it\'s "$(touch bad)"; `touch bad`'


def git(*words: str, folder: Path) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose ./deploy-tui writes down how it was called."""
    place = tmp_path / "upstream"
    place.mkdir()
    git("init", "-q", folder=place)
    (place / "deploy-tui").write_text(RECORDER)
    (place / "deploy-tui").chmod(0o755)
    git("add", "deploy-tui", folder=place)
    git("commit", "-q", "-m", "Add it", folder=place)
    return place


def shell(line: str, home: Path) -> subprocess.Popen[str]:
    home.mkdir(exist_ok=True)
    # /workspace is the pod's volume; a machine that runs tests may have one, too, and it is not ours.
    assert "D=/workspace;" in line
    return subprocess.Popen(
        line.replace("D=/workspace;", "D=/no-such-volume;"), shell=True, executable="/bin/bash", text=True, cwd=home,
        env={"HOME": str(home), "PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip


def started(line: str, home: Path) -> list[str]:
    """What was printed until the line only stays alive."""
    process = shell(line, home)
    told: list[str] = []
    assert process.stdout is not None
    try:
        for text in process.stdout:
            told.append(text.rstrip())
            if text.startswith("deploy-tui ended"):
                break
        time.sleep(0.2)
        assert process.poll() is None, "the container would end"
    finally:
        os.killpg(process.pid, 9)
        process.communicate()
    return told


def test_it_fetches_the_tool_deploys_and_stays(repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    line = pod_command.line(f"file://{repository}", "qwen2.5-3b-sglang", settings=[AWKWARD])

    told = started(line, home)

    assert told[-1] == "deploy-tui ended with status 3"
    words = (home / "words").read_text().splitlines()
    options = build().parse_args(words)
    assert (options.stage, options.yes, options.recipe) == ("all", True, "qwen2.5-3b-sglang")
    assert options.settings == ["server.host=0.0.0.0", AWKWARD]
    assert not list(tmp_path.rglob("bad")), "a value was read by the shell"


def test_a_restarted_pod_clones_nothing_again(repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    line = pod_command.line(f"file://{repository}", None)
    started(line, home)
    kept = home / "deploy-tui-source/kept"
    kept.touch()
    (home / "words").unlink()

    started(line, home)

    assert kept.exists() and (home / "words").exists()


def test_where_nothing_can_be_cloned_the_pod_stays_to_be_looked_at(tmp_path: Path) -> None:
    told = started(pod_command.line(f"file://{tmp_path}/nowhere", None), tmp_path / "home")
    assert "fatal" in "\n".join(told) and told[-1] != "deploy-tui ended with status 0"


def test_it_is_one_line_that_a_shell_accepts() -> None:
    line = pod_command.line(SOURCE, "qwen2.5-3b-sglang", profile="low-latency", settings=[AWKWARD])
    assert "\n" not in line
    for text in (line, shlex.split(line)[2]):
        assert subprocess.run(["bash", "-n"], input=text, text=True, check=False, capture_output=True).returncode == 0


def test_our_own_reading_of_scripts_follows_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [TOOL, "audit", "-", "--machine", str(ROOT / "tests/machines/h100.yaml"), "--offline", "--json",
         "--home", str(tmp_path)],
        input=pod_command.line(SOURCE, "qwen2.5-3b-sglang"), text=True, check=False, capture_output=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert done.returncode == 0 and [f["code"] for f in found["findings"] if f["severity"] == "blocker"] == []
    installing = [change["command"] for stage in found["stages"] for change in stage["changes"]]
    assert ["python3-venv" in words for words in installing] == [True]


def test_the_documented_line_is_the_printed_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [TOOL, "pod-command", "--recipe", "qwen2.5-3b-sglang", "--source", SOURCE, "--home", str(tmp_path)],
        text=True, check=True, capture_output=True,
    )  # fmt: skip
    assert done.stdout in (ROOT / "docs/pods.md").read_text(encoding="utf-8")
    assert "HF_TOKEN" in done.stderr and "HF_TOKEN" not in done.stdout


def test_the_same_in_a_container_of_this_machine(tmp_path: Path) -> None:
    pod = pod_command.line(SOURCE, "ministral-3b")
    words = shlex.split(pod_command.local_line(pod, "nvidia/cuda:12.8.1-devel-ubuntu22.04", "ministral-3b"))

    assert words[:2] == ["docker", "run"] and words[-3:] == shlex.split(pod)
    assert words[words.index("--gpus") + 1] == "all"
    opened = [word for before, word in itertools.pairwise(words) if before == "--publish"]
    assert {f"127.0.0.1:{recipe.server.port}" for recipe in recipes.family("ministral-3b")} == {
        word.rpartition(":")[0] for word in opened
    }
    own = pod_command.local_line(pod, "debian:12", "qwen2.5-0.5b-cpu", ["server.port=8123"])
    assert "127.0.0.1:8123:8123" in own and "--gpus" not in own


@pytest.mark.parametrize(
    ("image", "recipe"), [("nvidia/cuda", "ministral-3b"), ("a:1; rm -rf /", "x"), ("debian:12", None)]
)
def test_a_container_of_this_machine_needs_an_image_with_its_tag_and_a_recipe(image: str, recipe: str | None) -> None:
    with pytest.raises(UsageError):
        pod_command.local_line("true", image, recipe)


@pytest.mark.parametrize(
    "source",
    ["https://me:secret@example.com/x.git", "https://hf_abcdefghij0123@example.com/x.git", "git@example.com:x.git",
     "https://example.com/x.git; rm -rf /", "ssh://example.com/x.git", "/home/me/x", ""],
)  # fmt: skip
def test_an_address_that_a_pod_cannot_use_or_should_not_keep_is_refused(source: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        pod_command.checked_source(source, tmp_path, LocalHost(tmp_path))
    assert "secret@" not in str(refused.value) and "abcdefghij" not in str(refused.value)


def test_without_an_address_it_is_this_checkouts_origin(repository: Path, tmp_path: Path) -> None:
    host = LocalHost(tmp_path)
    with pytest.raises(UsageError, match="There is no known address"):
        pod_command.checked_source(None, repository, host)
    git("remote", "add", "origin", SOURCE, folder=repository)
    assert pod_command.checked_source(None, repository, host) == SOURCE


def test_recipes_are_checked_before_the_pod_is_paid_for(tmp_path: Path) -> None:
    checked = pod_command.checked_recipe
    assert checked("ministral-3b", None, []) == "ministral-3b", "a family is chosen from on the pod"
    assert checked(str(ROOT / "tests/recipes/mini.yaml"), None, []) == "tests/recipes/mini.yaml"
    with pytest.raises(UsageError, match="container"):
        checked("qwen2.5-0.5b-docker", None, [])
    with pytest.raises(UsageError, match="no profile"):
        checked("qwen2.5-3b-sglang", "no-such-profile", [])
    mine = tmp_path / "mine.yaml"
    mine.write_text((recipes.folder() / "qwen2.5-3b-vllm.yaml").read_text())
    with pytest.raises(UsageError, match="would not be on the pod"):
        checked(str(mine), None, [])


def test_a_model_in_place_of_a_recipe_is_derived_in_the_pod() -> None:
    made = pod_command.line("https://example.org/tool.git", None, wish=ModelRequest("Qwen/Qwen3-8B", users=4))

    assert "--model Qwen/Qwen3-8B --users 4" in made
    with pytest.raises(UsageError, match="would not be on the pod"):
        pod_command.line("https://example.org/tool.git", None, wish=ModelRequest("/models/mine"))
