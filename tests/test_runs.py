"""Whole runs through the command line: the detached engine, its journal, and everything that can cut it short."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from installer.core.runs.events import Event, Progress, StageFinished, StageStarted
from installer.core.runs.home import Home
from installer.execution.generations import Generations
from installer.execution.journal import read
from installer.session import runs
from installer.session.deployments import remembered
from stages import packages
from tests.stand_ins import package_index, wheels
from tests.stand_ins.hub import HubModel, StandInHub
from tests.stand_ins.patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "tests/recipes/mini.yaml"
TOOL = str(Path(sys.executable).with_name("deploy-tui"))


class Lab:
    def __init__(self, root: Path, index: package_index.Index) -> None:
        self.index = index
        self.home = Home(root / "home")
        self.generations = Generations(self.home)
        hidden = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_CACHE_DIR", "DEPLOY_TUI_HOME")
        self.environment = {k: v for k, v in os.environ.items() if k not in hidden}
        self.environment |= {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": index.url}

    def command(self, *words: str) -> list[str]:
        return [TOOL, "--home", str(self.home.root), *words]

    def tool(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def deploy(self, stages: str = "2-7", *more: str) -> subprocess.CompletedProcess[str]:
        return self.tool("--stage", stages, "--recipe", str(RECIPE), "--yes", *more)

    def begin(self, *more: str) -> subprocess.Popen[str]:
        """A run that is busy with a download that is held."""
        self.index.held.add("mini_fastapi")
        process = self.watch("--recipe", str(RECIPE), "--yes", *more)
        self.wait(process, lambda seen: any(isinstance(e, StageStarted) and e.name == "dependencies" for e in seen))
        self.wait(process, lambda _: self.index.started.is_set())  # what was told to begin it may not have begun yet
        return process

    def watch(self, *words: str) -> subprocess.Popen[str]:
        # As in a terminal, also where the tests run in the background, which ignores these.
        hearing = ("env", "--default-signal=INT,HUP")
        deploying = self.command("--stage", "2-7", *words)
        return subprocess.Popen(
            (*hearing, *deploying), env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def wait(self, process: subprocess.Popen[str], there: Callable[[list[Event]], bool]) -> None:
        """Until the journal of the run shows it. Nothing hangs on how fast that is: what is held stays held."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and process.poll() is None:
            run = runs.running(self.home)
            if there([entry.event for entry in read(run.journal)] if run else []):
                return
            time.sleep(0.02)
        process.kill()
        raise AssertionError(process.communicate())

    def fetching(self, stage: str) -> list[psutil.Process]:
        """The uv processes that fetch or install the packages of `stage` for this home."""
        lines = [(p, " ".join(p.info["cmdline"] or [])) for p in psutil.process_iter(["cmdline"])]
        return [process for process, line in lines if str(self.home.root) in line and f"{stage}.toml" in line]

    def engine(self) -> int:
        from installer.execution.lock import holder

        who = holder(self.home)
        assert who
        return who.pid

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.tool("status", "--json").stdout))

    def statuses(self) -> dict[str, str]:
        run = runs.latest(self.home)
        assert run
        lines = [json.loads(line) for line in run.journal.read_text().splitlines()]
        return {line["name"]: line["status"] for line in lines if line["event"] == "stage-finished"}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    wheels.stack(tmp_path / "wheels")
    with package_index.serve(tmp_path / "wheels") as index:
        lab = Lab(tmp_path, index)
        yield lab
        lab.tool("cancel")


def works(lab: Lab) -> bool:
    """The environment in use is whole: its interpreter runs and every installed file is there."""
    done = subprocess.run(
        [str(lab.home.current / "bin/python"), "-c", "import torch, transformers"], check=False, capture_output=True
    )
    return done.returncode == 0


def test_json_lines_are_the_journal(lab: Lab) -> None:
    done = lab.deploy("2-7", "--json")
    assert done.returncode == 0, done.stderr
    run = runs.latest(lab.home)
    assert run and done.stdout == run.journal.read_text()
    kinds = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert kinds[0] == "run-started" and kinds[-1] == "run-finished"
    assert set(lab.statuses().values()) == {"done"}
    plan = json.loads(run.plan.read_text())
    assert {stage["status"] for stage in plan["stages"][1:7]} == {"pending"}
    assert len(plan["packages"]) == 7


def test_the_second_run_changes_nothing(lab: Lab) -> None:
    assert lab.deploy().returncode == 0
    before = sorted(path.name for path in lab.home.generations.iterdir())
    lab.index.requests.clear()
    again = lab.deploy()
    assert again.returncode == 0
    assert "Nothing to do" in again.stderr
    assert lab.deploy("2-7", "--set", "price=0.44").returncode == 0
    assert remembered(lab.home).settings == ("price=0.44",)  # type: ignore[union-attr]
    assert lab.index.requests == []
    assert sorted(path.name for path in lab.home.generations.iterdir()) == before


def test_a_killed_engine_is_cleared_up_and_the_run_goes_on(lab: Lab) -> None:
    front = lab.begin()
    assert lab.generations.drafts() == [1]
    os.kill(lab.engine(), signal.SIGKILL)
    front.communicate(timeout=PATIENCE_S)
    assert front.returncode == 1
    assert lab.generations.current() is None, "what is not complete is not in use"
    assert lab.status()["run"]["state"] == "failed"
    uv = lab.fetching("dependencies")
    assert uv, "uv outlives its engine; the next run has to end it"
    front = lab.watch()  # neither recipe nor yes: both were said to the run that was cut short
    psutil.wait_procs(uv, timeout=PATIENCE_S)
    lab.index.held.clear()
    _, errors = front.communicate(timeout=PATIENCE_S)
    assert front.returncode == 0, errors
    assert "left behind" in errors and "Kept the unfinished generation 1" in errors
    assert not any(process.is_running() and process.status() != "zombie" for process in uv)
    assert lab.statuses()["pytorch"] == lab.statuses()["transformers"] == "satisfied"
    assert lab.statuses()["dependencies"] == "done"
    assert works(lab) and lab.generations.drafts() == []


def test_an_engine_killed_while_it_upgrades_leaves_the_deployment_in_use(lab: Lab) -> None:
    assert lab.deploy().returncode == 0
    wheels.build(lab.index.folder, "mini-fastapi", "1.1", padding=2_000_000)
    upgrade = ("--set", "pytorch.requires.0=torch==2.1.0")
    front = lab.begin(*upgrade)
    os.kill(lab.engine(), signal.SIGKILL)
    front.communicate(timeout=PATIENCE_S)
    assert lab.generations.current() == 1
    assert packages.installed(lab.home.current)["torch"] == "2.0.0"
    lab.index.held.clear()
    done = lab.deploy("2-7", *upgrade)
    assert done.returncode == 0, done.stderr
    assert "Removed the unfinished generation 2" in done.stderr
    assert lab.generations.current() == 2 and lab.generations.drafts() == []
    assert packages.installed(lab.home.current)["torch"] == "2.1.0"
    assert lab.tool("rollback").returncode == 0
    assert packages.installed(lab.home.current)["torch"] == "2.0.0" and works(lab)


def test_killing_the_watcher_does_not_stop_the_run(lab: Lab) -> None:
    front = lab.begin()
    run = runs.running(lab.home)
    assert run
    os.killpg(front.pid, signal.SIGKILL)
    front.wait()
    assert runs.running(lab.home) == run
    lab.index.held.clear()
    tail = runs.Tail(lab.home, run)
    entries = list(runs.follow(tail))
    assert entries[-1].event.kind == "run-finished"
    assert not tail.killed
    assert lab.status()["run"] == {"id": run.id, "state": "done", "stage": None, "recipe": "mini"}


def test_a_closed_terminal_does_not_stop_the_run(lab: Lab) -> None:
    front = lab.begin()
    engine = lab.engine()
    os.killpg(front.pid, signal.SIGHUP)
    os.kill(engine, signal.SIGHUP)
    front.wait()
    assert lab.engine() == engine


@pytest.mark.parametrize("how", ["cancel", "ctrl-c"])
def test_cancelling_takes_back_the_stage_and_says_130(lab: Lab, how: str) -> None:
    front = lab.begin()
    if how == "cancel":
        assert lab.tool("cancel").returncode == 0
    else:
        os.kill(front.pid, signal.SIGINT)
    _, errors = front.communicate(timeout=PATIENCE_S)
    assert front.returncode == 130, errors
    assert lab.statuses()["dependencies"] == "cancelled"
    assert works(lab) and lab.generations.drafts() == []
    assert lab.status()["run"]["state"] == "cancelled"


def test_a_second_run_is_told_who_holds_the_home(lab: Lab) -> None:
    lab.begin()
    second = lab.deploy()
    assert second.returncode == 5
    assert "deploy-tui cancel" in second.stderr
    assert lab.tool("rollback").returncode == 5


def test_a_failing_stage_is_exit_code_1_and_is_taken_back(lab: Lab) -> None:
    assert lab.deploy("2-3").returncode == 0
    lab.deploy("2-3")
    (lab.index.folder / "mini_fastapi-1.0-py3-none-any.whl").write_bytes(b"not a wheel")
    done = lab.deploy()
    assert done.returncode == 1, done.stderr
    assert works(lab)
    assert lab.statuses()["dependencies"] == "failed"


def test_rollback_is_a_switch_and_needs_no_network(lab: Lab) -> None:
    assert lab.deploy().returncode == 0
    first = lab.generations.current()
    assert lab.deploy("2-7", "--set", "engine.requires.0=mini-engine==1.1").returncode == 0
    assert packages.installed(lab.home.current)["mini-engine"] == "1.1"
    assert lab.status()["deployment"]["settings"] == ["engine.requires.0=mini-engine==1.1"]
    lab.index.shutdown()
    assert lab.tool("rollback").returncode == 0
    assert lab.generations.current() == first
    assert lab.status()["deployment"]["settings"] == []
    again = lab.tool("--stage", "2-7", "--yes")
    assert again.returncode == 0 and lab.generations.current() == first, "the next run is content with it"
    assert packages.installed(lab.home.current)["mini-engine"] == "1.0"
    assert lab.tool("rollback", "--to", "1").returncode == 0
    assert lab.generations.current() == 1
    assert lab.tool("rollback", "--to", "99").returncode == 2


def test_without_a_terminal_nothing_is_asked(lab: Lab) -> None:
    done = lab.tool("--stage", "2-7", "--recipe", str(RECIPE))
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert not lab.home.generations.exists()


def test_no_secret_gets_into_any_file(lab: Lab) -> None:
    secret = "hf_veryverysecrettoken123"
    lab.environment |= {"HF_TOKEN": secret, "MY_API_KEY": "another-quiet-value"}
    done = lab.deploy()
    assert done.returncode == 0
    written = [f for f in lab.home.root.rglob("*") if f.is_file() and not f.is_symlink() and "cache/uv" not in str(f)]
    for file in written:
        content = file.read_bytes()
        assert secret.encode() not in content and b"another-quiet-value" not in content, file
    assert secret not in done.stdout + done.stderr


def test_the_engine_lets_go_before_the_command_returns(lab: Lab) -> None:
    for stage in ("2", "3", "4"):
        assert lab.deploy(stage).returncode == 0, time.time()


def test_the_model_is_fetched_beside_the_packages(lab: Lab, tmp_path: Path) -> None:
    weights = struct.pack("<Q", 2) + b"{}"
    with StandInHub({"org/tiny": HubModel({"config.json": b"{}", "model.safetensors": weights})}) as hub:
        lab.environment["HF_ENDPOINT"] = hub.url
        recipe = tmp_path / "fetching.yaml"
        recipe.write_text(RECIPE.read_text().replace("random: {}", "hub: org/tiny"))
        done = lab.tool("--stage", "2-8", "--recipe", str(recipe), "--yes")
    assert done.returncode == 0, done.stderr
    run = runs.latest(lab.home)
    assert run
    marks = [
        (line["event"], line["name"])
        for line in map(json.loads, run.journal.read_text().splitlines())
        if line["event"] in ("stage-started", "stage-finished")
    ]
    assert marks.index(("stage-started", "model")) < marks.index(("stage-finished", "pytorch"))
    assert lab.statuses()["model"] == "done"
    assert (lab.home.models / "org--tiny@main/model.safetensors").read_bytes() == weights


def test_a_failing_upgrade_leaves_the_deployment_in_use(lab: Lab) -> None:
    assert lab.deploy().returncode == 0
    whole = lab.generations.current()
    (lab.index.folder / "mini_engine-1.1-py3-none-any.whl").rename(tmp := lab.index.folder / "kept")
    assert lab.deploy("2-7", "--set", "engine.requires.0=mini-engine==1.1").returncode == 3
    tmp.rename(lab.index.folder / "mini_engine-1.1-py3-none-any.whl")
    assert lab.generations.current() == whole
    assert works(lab)


def test_later_packages_are_fetched_while_the_first_ones_are_installed(lab: Lab) -> None:
    recipe = lab.home.root.parent / "unpinned.yaml"
    recipe.write_text(RECIPE.read_text().replace("torch==2.0.0", "torch<2.1"))
    lab.index.held |= {"torch", "mini_fastapi"}
    front = lab.watch("--recipe", str(recipe), "--yes")
    lab.wait(front, lambda seen: any(isinstance(e, Progress) and e.subject == "mini-fastapi" for e in seen))
    lab.index.held.clear()
    _, errors = front.communicate(timeout=PATIENCE_S)
    assert front.returncode == 0, errors
    wheels_asked = [path.rpartition("/")[2] for path in lab.index.requests if path.endswith(".whl")]
    assert sorted(wheels_asked) == sorted(set(wheels_asked)), "nothing is downloaded twice"
    run = runs.latest(lab.home)
    assert run
    seen = [entry.event for entry in read(run.journal)]
    torch_done = next(n for n, e in enumerate(seen) if isinstance(e, StageFinished) and e.name == "pytorch")
    ahead = next(n for n, e in enumerate(seen) if isinstance(e, Progress) and e.subject == "mini-fastapi")
    assert ahead < torch_done
    assert not list(run.work.glob("fetched-*"))


def test_what_a_stage_waits_for_gives_way_to_nobody(lab: Lab) -> None:
    front = lab.begin()
    file = next(lab.home.runs.glob("*/work/pylock.fetch-dependencies.toml"))

    def waited_for() -> list[int]:
        return [p.nice() for p in psutil.process_iter(["cmdline"]) if str(file) in (p.info["cmdline"] or ())]

    deadline = time.monotonic() + PATIENCE_S
    while (found := waited_for()) != [os.getpriority(os.PRIO_PROCESS, 0)]:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    lab.index.held.clear()
    _, errors = front.communicate(timeout=PATIENCE_S)
    assert front.returncode == 0, errors


@pytest.mark.parametrize("kind", ["folder", "index in a folder"])
def test_what_is_taken_from_a_folder_is_unpacked_once(lab: Lab, tmp_path: Path, kind: str) -> None:
    folder = lab.index.folder
    if kind == "folder":
        lab.environment |= {"PIP_FIND_LINKS": str(folder), "PIP_NO_INDEX": "1"}
    else:
        lab.environment["PIP_INDEX_URL"] = package_index.in_folder(folder, tmp_path / "index")
    assert lab.deploy().returncode == 0
    unpacked = [next(archive.glob("*.dist-info")).name for archive in (lab.home.cache / "uv").glob("archive-v*/*")]
    assert sorted(unpacked) == sorted(info.name for info in lab.home.current.glob("lib/*/site-packages/*.dist-info"))
