"""Stage 1 on machines of all kinds: satisfied, blocked, or unknown; and never a change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.contracts.serving import LaunchSpec, ServerState
from installer.core.contracts.stage import Change, ChangeKind, Check, Stage
from installer.core.errors import StageError
from installer.core.machine.facts import Cpu, Disk, Driver, Gpu, MachineFacts, OperatingSystem
from installer.core.recipes.recipe import Environment, Model, Recipe, Requirements, Server
from installer.host.local import LocalHost
from stages import s01_cuda
from tests.stand_ins.context import RecordingContext

POD = MachineFacts(
    name="a40-pod",
    os=OperatingSystem("ubuntu", "22.04", "2.35", "x86_64"),
    python=("3.12",),
    driver=Driver("580.95.05", "13.0"),
    gpus=(Gpu("NVIDIA A40", "8.6", 46068),),
    cpu=Cpu(9, ("avx2",)),
    memory_mib=51200,
    shm_mib=64,
    disks=(Disk("/", 61440, "overlay", True),),
    ports_in_use=(8888,),
    here=True,
)
ON_GPU = Requirements(gpu=True, compute_capability=">=8.0", driver=">=580", glibc="2.34", gpu_memory_mib=40000)
ON_CPU = Requirements(gpu=False, arch=("x86_64",), memory_mib=8192, cpu_features=("avx2",))


def _recipe(requirements: Requirements, port: int = 8000) -> Recipe:
    return Recipe(
        name="one", title="One", engine_name="vllm", model=Model("one", ()), server=Server("vllm", port=port),
        requirements=requirements, environment=Environment(python=">=3.11"),
    )  # fmt: skip


def _check(tmp_path: Path, facts: MachineFacts, requirements: Requirements = ON_GPU, port: int = 8000) -> Check:
    return s01_cuda.check(RecordingContext(_recipe(requirements, port), tmp_path, stage=1, facts=facts))


def test_it_is_a_stage() -> None:
    stage: Stage = s01_cuda

    assert (stage.number, stage.name, stage.traits.changes_environment) == (1, "cuda", False)


def test_a_machine_that_fits_is_satisfied_and_says_what_was_measured(tmp_path: Path) -> None:
    found = _check(tmp_path, POD)

    assert (found.changes, found.skipped, found.unknown, found.blocked) == ((), "", "", "")
    said = " ".join(found.observed)
    for words in (
        "NVIDIA A40, 46068 MiB, compute capability 8.6",
        "driver 580.95.05, supports CUDA 13.0",
        "glibc 2.35",
        "9 processor cores",
        "Python 3.12",
        "64.4 GB free on /, where hard links work",
        "Port 8000 is free",
    ):
        assert words in said


def test_a_port_of_ones_own_server_is_not_called_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launch = LaunchSpec(("vllm",), "127.0.0.1", 8000, "a", "b", "c", "vllm")
    monkeypatch.setattr(LocalHost, "server_state", lambda self, home: ServerState("ready", launch, 1))
    facts = replace(POD, ports_in_use=(8000, 8001))
    assert "Port 8000 is used by the server of this home." in _check(tmp_path, facts).observed
    found = _check(tmp_path, facts, port=8001)
    assert "Port 8001 is taken." in found.observed and found.blocked


def test_a_clash_names_both_facts_and_the_way_out(tmp_path: Path) -> None:
    found = _check(tmp_path, replace(POD, driver=Driver("550.127.05", "12.4")))

    assert ">=580" in found.blocked
    assert "550.127.05" in found.blocked
    assert "driver" in found.fix
    assert found.observed


def test_all_clashes_are_told_at_once(tmp_path: Path) -> None:
    found = _check(
        tmp_path,
        replace(POD, driver=Driver("550.127.05"), gpus=(Gpu("Tesla T4", "7.5", 15360),), python=("3.9",), online=False),
    )

    assert all(words in found.blocked for words in ("550.127.05", "7.5", "3.9"))


def test_no_gpu_is_fine_for_a_recipe_that_needs_none(tmp_path: Path) -> None:
    found = _check(tmp_path, replace(POD, gpus=(), driver=None), ON_CPU)

    assert found.blocked == found.unknown == ""
    assert "No NVIDIA GPU." in found.observed


def test_no_gpu_blocks_a_recipe_that_needs_one(tmp_path: Path) -> None:
    assert "no NVIDIA GPU" in _check(tmp_path, replace(POD, gpus=(), driver=None)).blocked


def test_elsewhere_a_gpu_that_fits_by_its_file_is_no_pass(tmp_path: Path) -> None:
    found = _check(tmp_path, replace(POD, here=False))

    assert "a40-pod" in found.unknown
    assert found.blocked == ""


def test_elsewhere_a_clash_is_still_a_clash(tmp_path: Path) -> None:
    assert "8.6" in _check(tmp_path, replace(POD, here=False), replace(ON_GPU, compute_capability=">=9.0")).blocked


def test_elsewhere_without_a_word_about_gpus(tmp_path: Path) -> None:
    found = _check(tmp_path, replace(POD, here=False, gpus=None, driver=None))

    assert "not known" in found.unknown
    assert found.blocked == ""


def test_elsewhere_a_recipe_for_the_cpu_can_be_judged(tmp_path: Path) -> None:
    found = _check(tmp_path, replace(POD, here=False), ON_CPU)

    assert found.unknown == found.blocked == ""


def test_a_taken_port_blocks(tmp_path: Path) -> None:
    found = _check(tmp_path, POD, port=8888)

    assert "8888" in found.blocked
    assert "server.port" in found.fix


def test_what_one_machine_says_stays_true_on_the_next_look(tmp_path: Path) -> None:
    assert _check(tmp_path, POD) == _check(tmp_path, POD)


def test_it_cannot_be_made_to_change_anything(tmp_path: Path) -> None:
    ctx = RecordingContext(_recipe(ON_CPU), tmp_path, stage=1, facts=POD)

    s01_cuda.apply(ctx, ())
    with pytest.raises(StageError):
        s01_cuda.apply(ctx, (Change(ChangeKind.REPEAT, "buy a GPU"),))
    assert s01_cuda.rollback(ctx, ()) == ()
    assert list(tmp_path.iterdir()) == []
    assert ctx.events == []


def test_every_sentence_is_one(tmp_path: Path) -> None:
    for sentence in _check(tmp_path, POD).observed:
        assert sentence.endswith(".")
