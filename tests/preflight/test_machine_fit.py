"""What a recipe asks against what is known of a machine: fits, clashes, or nobody knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import Any

import pytest

from installer.core.machine.facts import Cpu, Disk, Driver, Gpu, MachineFacts, OperatingSystem
from installer.core.plans.plan import Finding
from installer.core.recipes.recipe import Environment, Model, Recipe, Requirements, Server, SystemPackage
from installer.preflight.checks.machine_fit import unmet_requirements

A40 = Gpu("NVIDIA A40", "8.6", 46068)
MACHINE = MachineFacts(
    name="a40-pod",
    os=OperatingSystem("ubuntu", "22.04", "2.35", "x86_64"),
    python=("3.10", "3.12"),
    driver=Driver("580.95.05", "13.0"),
    gpus=(A40, A40),
    cpu=Cpu(9, ("avx2", "avx512f")),
    memory_mib=51200,
    shm_mib=64,
    disks=(Disk("/workspace", 61440, "fuse", False), Disk("/", 20480, "overlay", True)),
    ports_in_use=(8888,),
)
EVERYTHING = Requirements(
    gpu=True, gpu_count=2, compute_capability=">=8.0,<10.0", driver=">=580", glibc="2.34", arch=("x86_64",),
    memory_mib=51200, gpu_memory_mib=46068, disk_mib=61440, shm_mib=64, cpu_cores=9,
    cpu_features=("avx2",),
)  # fmt: skip


def _recipe(python: str = ">=3.11,<3.13", port: int = 8000, **requirements: Any) -> Recipe:
    return Recipe(
        name="one", title="One", engine_name="vllm", model=Model("one", ()), server=Server("vllm", port=port),
        requirements=Requirements(**requirements), environment=Environment(python=python),
    )  # fmt: skip


def _findings(facts: MachineFacts = MACHINE, own_port: int | None = None, **recipe: Any) -> list[Finding]:
    return unmet_requirements(_recipe(**recipe), facts, own_port=own_port)


def _one(facts: MachineFacts = MACHINE, **recipe: Any) -> Finding:
    findings = _findings(facts, **recipe)
    assert len(findings) == 1, findings
    assert findings[0].stage == 1
    assert findings[0].fix
    return findings[0]


def test_what_fits_to_the_last_mebibyte_is_not_mentioned() -> None:
    assert unmet_requirements(replace(_recipe(), requirements=EVERYTHING), MACHINE) == []


@pytest.mark.parametrize(
    ("recipe", "code", "facts_that_clash"),
    [
        ({"gpu": True, "gpu_count": 4}, "gpu-arch", ("4 GPUs", "has 2")),
        ({"gpu": True, "compute_capability": ">=9.0"}, "gpu-arch", (">=9.0", "8.6")),
        ({"gpu": True, "compute_capability": "8.9"}, "gpu-arch", (">=8.9", "8.6")),
        ({"gpu": True, "gpu_memory_mib": 81920}, "memory", ("81920 MiB", "46068 MiB")),
        ({"gpu": True, "driver": ">=590"}, "driver-cuda", (">=590", "580.95.05")),
        ({"glibc": ">=2.39"}, "wheel-platform", (">=2.39", "2.35")),
        ({"arch": ("aarch64",)}, "wheel-platform", ("aarch64", "x86_64")),
        ({"cpu_features": ("avx2", "amx_bf16")}, "wheel-platform", ("avx2, amx_bf16", "amx_bf16 is missing")),
        ({"memory_mib": 51201}, "memory", ("51201 MiB", "51200 MiB")),
        ({"disk_mib": 102400}, "disk", ("107.4 GB", "64.4 GB")),
        ({"shm_mib": 8192}, "shm", ("8192 MiB (8.6 GB)", "64 MiB (67.1 MB)")),
        ({"port": 8888}, "port", ("8888", "another program listens")),
        ({"python": ">=3.20"}, "python-version", (">=3.20", "3.10, 3.12")),
    ],
)
def test_a_clash_names_the_two_facts(recipe: dict[str, Any], code: str, facts_that_clash: tuple[str, str]) -> None:
    found = _one(**recipe)

    assert (found.code, found.severity) == (code, "blocker")
    assert all(words in found.evidence for words in facts_that_clash), found.evidence


@pytest.mark.parametrize(
    ("recipe", "code"),
    [
        ({"gpu": True}, "gpu-arch"),
        ({"glibc": "2.34"}, "wheel-platform"),
        ({"arch": ("x86_64",)}, "wheel-platform"),
        ({"cpu_features": ("avx2",)}, "wheel-platform"),
        ({"memory_mib": 1}, "memory"),
        ({"disk_mib": 1}, "disk"),
        ({"shm_mib": 1}, "shm"),
    ],
)
def test_what_nobody_knows_is_a_probe_and_no_pass(recipe: dict[str, Any], code: str) -> None:
    found = _one(MachineFacts(python=("3.12",)), **recipe)

    assert (found.code, found.severity) == (code, "probe")


def test_too_few_cores_are_a_warning_only() -> None:
    found = _one(cpu_cores=10)

    assert (found.code, found.severity) == ("cores", "warning")
    assert "10 cores" in found.evidence and "has 9" in found.evidence
    assert not _findings(replace(MACHINE, cpu=Cpu()), cpu_cores=10), "nobody knows how many, and little hangs on it"


def test_parts_of_a_gpu_that_are_not_known_are_probes() -> None:
    facts = replace(MACHINE, gpus=(Gpu("NVIDIA Something"),), driver=None)

    found = _findings(facts, gpu=True, compute_capability=">=8.0", gpu_memory_mib=1, driver=">=580")

    assert {(f.code, f.severity) for f in found} == {
        ("gpu-arch", "probe"),
        ("memory", "probe"),
        ("driver-cuda", "probe"),
    }


@pytest.mark.parametrize("gpu", [False, None])
def test_a_recipe_for_the_cpu_fits_a_machine_without_a_gpu(gpu: bool | None) -> None:
    facts = replace(MACHINE, gpus=(), driver=None)

    assert _findings(facts, gpu=gpu, compute_capability=">=8.0", driver=">=580") == []


def test_a_recipe_for_a_gpu_does_not_fit_a_machine_without_one() -> None:
    found = _one(replace(MACHINE, gpus=()), gpu=True, compute_capability=">=8.0")

    assert found.severity == "blocker"
    assert "compute capability >=8.0" in found.evidence
    assert "no NVIDIA GPU" in found.evidence


def test_of_unequal_gpus_enough_must_fit() -> None:
    facts = replace(MACHINE, gpus=(Gpu("Tesla T4", "7.5", 15360), A40, Gpu("RTX", "8.9", 8188)))

    assert _findings(facts, gpu=True, gpu_count=2, compute_capability=">=8.0") == []
    assert _one(facts, gpu=True, gpu_count=3, compute_capability=">=8.0").code == "gpu-arch"
    assert _one(facts, gpu=True, gpu_count=2, compute_capability=">=8.0", gpu_memory_mib=10240).code == "memory"


def test_a_gpu_that_does_not_answer_here_is_a_fault() -> None:
    facts = replace(MACHINE, here=True, gpus=None, driver=Driver("580.95.05", error="Unknown Error"))

    found = _one(facts, gpu=True)

    assert (found.code, found.severity) == ("driver-cuda", "blocker")
    assert "Unknown Error" in found.evidence
    assert "Restart the container" in found.fix


@pytest.mark.parametrize(("online", "severities"), [(False, ["blocker"]), (None, ["probe"]), (True, [])])
def test_a_python_that_would_have_to_be_fetched(online: bool | None, severities: list[str]) -> None:
    facts = replace(MACHINE, python=("3.9",), online=online)

    assert [finding.severity for finding in _findings(facts)] == severities


def test_unknown_pythons_are_a_probe() -> None:
    assert _one(replace(MACHINE, python=None)).severity == "probe"


def test_the_port_of_our_own_server_is_ours() -> None:
    facts = replace(MACHINE, ports_in_use=(8000, 8001))

    assert _findings(facts, own_port=8000) == []
    found = _findings(facts, own_port=9000)
    assert [finding.code for finding in found] == ["port"]
    assert "server.port=8002" in found[0].fix


def test_here_the_disk_of_the_home_counts() -> None:
    facts, recipe = replace(MACHINE, here=True), _recipe(disk_mib=40000)

    assert unmet_requirements(recipe, facts, home=PurePath("/workspace/deploy-tui")) == []
    assert [f.code for f in unmet_requirements(recipe, facts, home=PurePath("/root/state"))] == ["disk"]
    assert [f.code for f in unmet_requirements(recipe, facts, home=PurePath("/workspaces"))] == ["disk"]


def test_elsewhere_the_volume_counts_wherever_we_run() -> None:
    recipe = _recipe(disk_mib=40000)

    assert unmet_requirements(recipe, MACHINE, home=PurePath("/root/state")) == []
    assert unmet_requirements(recipe, replace(MACHINE, disks=(Disk("/", 50000),)), home=PurePath("/home/me")) == []


def test_a_version_that_is_none_is_unknown() -> None:
    facts = replace(MACHINE, driver=Driver("unknown build"))

    assert _one(facts, gpu=True, driver=">=580").severity == "probe"


@pytest.mark.parametrize(
    ("online", "tools", "severities"),
    [(False, {"g++": None}, ["probe"]), (True, {"g++": None}, []), (False, {"g++": "13.3"}, []), (False, {}, [])],
)
def test_a_command_that_no_index_can_bring_is_an_open_question(
    online: bool, tools: dict[str, str | None], severities: list[str]
) -> None:
    compiler = SystemPackage("g++", command="g++", because="the engine compiles")
    recipe = replace(_recipe(), environment=Environment(system_packages=(compiler,)))
    facts = MachineFacts(online=online, tools=tools)

    found = [one for one in unmet_requirements(recipe, facts) if one.code == "system-library"]

    assert [one.severity for one in found] == severities
