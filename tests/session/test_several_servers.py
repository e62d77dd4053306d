"""Several servers in one home: each with its own log, state, key, environment and GPUs; none ends with another."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from installer.cli import main
from installer.core.errors import UsageError
from installer.core.machine import file
from installer.core.machine.facts import Gpu, GpuProcess, MachineFacts
from installer.core.outcomes import Code
from installer.core.plans.procedure import Launch
from installer.core.recipes.recipe import Requirements
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.execution.generations import Generations
from installer.host import process_table, server_folder, server_key, serving
from installer.host.server_state import read_state
from installer.models.memory.gpus import used_gpus
from installer.preflight.checks import gpu_fit, gpu_users
from installer.session import gpu_choice, homes, stated_findings, used_generations
from installer.session.prepared import Prepared
from tests.faults.index import serve
from tests.faults.testbed import UPGRADE, Ground
from tests.host.test_supervisor import answers, spec, until
from tests.stages.test_s10_server import recipe
from tests.stand_ins import wheels


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    for one in homes.servers(home):
        serving.stop(one, 1)
        marker = server_folder.marker(one.server)
        assert not [pid for pid in process_table.marked(marker, process_table.table()) if process_table.one(pid)]


def started(home: Home, generation: int) -> None:
    file = home.server_key
    wanted = replace(spec("--children", "1"), generation=generation, key="made", key_file=str(file))
    state = serving.launch(home, replace(wanted, key_variable="VLLM_API_KEY"), dict(os.environ))
    until(lambda: not answers(state) and server_key.read(file), "locked")


def test_each_is_its_own(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = home, home.named("chat")
    started(first, 1)
    started(second, 2)
    assert server_key.read(first.server_key) != server_key.read(second.server_key)
    assert main(["--home", str(home.root), "status", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["generation"]) for one in body["servers"]] == [("", 1), ("chat", 2)]
    assert body["server"] == body["servers"][0]
    assert main(["--home", str(home.root), "--server", "chat", "server", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pid"] == read_state(second).pid
    assert used_generations.used(home) == {1, 2}
    pid = read_state(second).pid
    assert serving.stop(first).stopped
    assert (read_state(first).state, read_state(second).pid) == ("stopped", pid)
    os.kill(read_state(second).supervisor, 9)
    assert serving.stop(second).stopped


@pytest.mark.parametrize(
    "words", [("prove",), ("connect", "curl"), ("tune",), ("upgrade", "--profile", "none")], ids=lambda words: words[0]
)
def test_the_first_does_not_stand_in_for_one_that_is_not_there(
    home: Home, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    started(home, 1)
    assert main(["server", *words, "--home", str(home.root), "--server", "chat"]) == 2
    assert "`deploy-tui server start --server chat`" in capsys.readouterr().err
    assert home.named("chat").tuning != home.tuning, "a profile of one must not change what the other starts"


@pytest.mark.parametrize("name", ["Chat", "../x", "a b", "-x", "a/b", "x" * 41])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a server"):
        homes.locate(str(tmp_path), server=name)


def test_each_has_its_own_generation_in_use(home: Home) -> None:
    for number in (1, 2):
        (home.generations / f"{number:04d}").mkdir(parents=True)
    Generations(home).switch(1)
    Generations(home.named("chat")).switch(2)
    assert (Generations(home).current(), Generations(home.named("chat")).current()) == (1, 2)
    assert (home.named("chat").current / ".").resolve() == home.generations / "0002"
    assert used_generations.used(home) == {1, 2}


GPUS = tuple(Gpu(f"card {number}", "9.0", 80000) for number in range(4))


def test_a_server_sees_only_its_gpus(home: Home) -> None:
    wanted = recipe()
    wanted = replace(wanted, server=replace(wanted.server, gpus="1,3"))
    choice = gpu_choice.chosen(wanted, MachineFacts("elsewhere", gpus=GPUS), home)
    assert [gpu.name for gpu in choice.facts.gpus or ()] == ["card 1", "card 3"]
    assert choice.recipe.server.environment["CUDA_VISIBLE_DEVICES"] == "1,3" and not choice.passed_over
    with pytest.raises(UsageError, match="not all of these exist"):
        gpu_choice.chosen(
            replace(wanted, server=replace(wanted.server, gpus=4)), MachineFacts("elsewhere", gpus=GPUS), home
        )


@pytest.mark.parametrize("named", ["0", "1", "3", "1,3", "3,1"])
def test_gpus_that_a_recipe_names_are_those_of_its_plan(home: Home, named: str) -> None:
    """Wherever they are on the machine: what the server is shown are its own numbers, and the facts hold only those."""
    wanted = recipe(tensor_parallel_size=len(named.split(",")))
    wanted = replace(wanted, server=replace(wanted.server, gpus=named))
    choice = gpu_choice.chosen(wanted, MachineFacts("elsewhere", gpus=GPUS), home)
    launch = Launch(10, environment=choice.recipe.server.environment)
    used = used_gpus(choice.facts, launch, wanted=len(named.split(",")))
    assert [gpu.name for gpu in used.gpus] == [f"card {number}" for number in named.split(",")]


def cards(*free_mib: int) -> MachineFacts:
    """As many like cards, with so much of 80,000 MiB free."""
    cards = [
        Gpu("card", "9.0", 80000, free, (GpuProcess(70 + at, "train", 80000 - free),))
        for at, free in enumerate(free_mib)
    ]
    return MachineFacts("elsewhere", gpus=tuple(cards))


def test_free_gpus_are_taken_where_others_use_the_first(home: Home) -> None:
    choice = gpu_choice.chosen(recipe(), cards(2000, 79500, 79600), home)
    assert choice.recipe.server.environment["CUDA_VISIBLE_DEVICES"] == "1"
    assert [gpu.free_mib for gpu in choice.facts.gpus or ()] == [79500]
    assert [gpu.processes and gpu.processes[0].pid for gpu in choice.passed_over] == [70]


def test_the_way_out_of_a_gpu_that_is_held_names_those_that_the_recipe_did_not(home: Home) -> None:
    asked = replace(recipe(), requirements=Requirements(gpu=True, gpu_memory_mib=10000))
    asked = replace(asked, server=replace(asked.server, gpus=0))
    choice = gpu_choice.chosen(asked, cards(2000, 79500), home)
    assert [(gpu.number, gpu.free_mib) for gpu in choice.facts.other_gpus] == [(1, 79500)]
    (found,) = (one for one in gpu_fit.findings(asked, choice.facts) if one.code == Code.GPU_HELD)
    assert found.fix == "Stop the programs that use it (`kill 70`), or use a GPU that is free: --set server.gpus=1."
    assert "other_gpus" not in file.to_mapping(choice.facts)


@pytest.mark.parametrize(
    "free", [(79500, 2000), (2000,), (2000, 3000)], ids=["the first is free", "one", "none is free"]
)
def test_the_first_gpus_stay_where_that_helps_nobody(home: Home, free: tuple[int, ...]) -> None:
    asked, facts = recipe(), cards(*free)
    assert gpu_choice.chosen(asked, facts, home) == gpu_choice.Choice(asked, facts)


def test_a_server_without_a_gpu_is_given_none(home: Home) -> None:
    asked = replace(recipe(), requirements=Requirements(gpu=False))
    assert gpu_choice.chosen(asked, cards(2000, 79500), home).recipe is asked


@pytest.mark.parametrize(("tensor", "taken"), [(1, [3]), (2, [1, 2])], ids=["as many as before", "more"])
def test_a_running_server_stays_where_it_is_unless_it_wants_more_gpus(
    home: Home, monkeypatch: pytest.MonkeyPatch, tensor: int, taken: list[int]
) -> None:
    monkeypatch.setattr(gpu_choice, "_of_the_server", lambda home: [3])
    here = replace(cards(2000, 79500, 79600, 79700), here=True)
    asked = recipe(tensor_parallel_size=tensor)
    assert gpu_choice._free_instead(asked, here, home)[0] == taken


def test_gpus_are_named_as_the_driver_counts_them(home: Home) -> None:
    """Where the surroundings show only some of them (CUDA_VISIBLE_DEVICES=5,4)."""
    first, second = cards(2000, 79500).gpus or ()
    facts = MachineFacts("elsewhere", gpus=(replace(first, number=5), replace(second, number=4)))
    assert "--set server.gpus=4." in gpu_users.way_out(facts.gpus[:1], facts.gpus, 70000)


def test_a_plan_says_whose_gpus_were_passed_over(home: Home) -> None:
    choice = gpu_choice.chosen(recipe(), cards(2000, 79500), home)
    request = Request()
    (said,) = stated_findings.passed_over(
        Prepared(request, home, choice.recipe, choice.facts, "", passed_over=choice.passed_over)
    )
    assert "takes 1, which is free" in said.summary and "used by train (process 70, 76.2 GiB)" in said.evidence


def test_a_further_server_is_deployed_beside_the_first(tmp_path: Path) -> None:
    """By the real command, with a small stack: an environment of its own, and what it was asked to hold."""
    wheels.stack(tmp_path / "wheels")
    with serve(tmp_path / "wheels") as index:
        ground = Ground(tmp_path, Home(tmp_path / "home"), index)
        assert ground.ask(ground.deploying()).code == 0
        second = ground.ask(ground.deploying("--server", "chat", *UPGRADE))
        assert second.code == 0, second.output
        held = [json.loads(ground.tool("status", "--json", *words).output) for words in ((), ("--server", "chat"))]
    assert [(one["generation"], one["server"]["name"]) for one in held] == [(1, ""), (2, "chat")]
    chat = ground.home.named("chat")
    assert UPGRADE[1] in json.loads(chat.deployment.read_text())["settings"]
    assert UPGRADE[1] not in json.loads(ground.home.deployment.read_text())["settings"]
    refused = ground.tool("runs", "delete", "--generation", "2")
    assert refused.code == 2 and "in use" in refused.output
