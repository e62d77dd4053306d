"""What the doctor says of machines that are fine and of machines that are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.core.machine.facts import Container, Cpu, Disk, Driver, Gpu, GpuProcess, MachineFacts, OperatingSystem
from installer.diagnostics.doctor import DoctorFinding, examine

H200 = Gpu("NVIDIA H200", "9.0", 143771)
FINE = MachineFacts(
    os=OperatingSystem("ubuntu", "24.04", "2.39", "x86_64"),
    python=("3.12",),
    container=Container("docker", cuda="13.0"),
    driver=Driver("580.159.04", "13.0"),
    gpus=(H200, H200),
    cpu=Cpu(16, ("avx2", "avx512f")),
    memory_mib=128887,
    shm_mib=131072,
    disks=(Disk("/", 65514, "ext4", True),),
    tools={"git": "2.43.0", "gcc": "13.3.0", "cc": "13.3.0", "nvcc": "13.0"},
    ports_in_use=(2024,),
    online=True,
    here=True,
)
WITHOUT_GPU = replace(FINE, driver=None, gpus=(), container=None)


def _bad(facts: MachineFacts) -> list[DoctorFinding]:
    return [finding for finding in examine(facts) if finding.severity != "ok"]


def _codes(facts: MachineFacts) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in _bad(facts)]


def test_a_fine_machine_is_fine_in_every_respect() -> None:
    assert _bad(FINE) == []


def test_gpu_memory_that_servers_of_this_home_use_is_no_fault() -> None:
    own, chat = (
        GpuProcess(7, "sglang::scheduler", 60_000, server=""),
        GpuProcess(8, "VLLM::EngineCore", 40_000, server="chat"),
    )
    used = replace(H200, free_mib=43_000, processes=(own, chat))
    assert _bad(replace(FINE, gpus=(used,))) == []
    foreign = replace(used, processes=(chat, GpuProcess(9, "python3", 60_000)))
    (found,) = _bad(replace(FINE, gpus=(foreign,)))
    assert "server chat of this home" in found.evidence
    assert "(`deploy-tui --server chat server stop`, `kill 9`)" in found.fix
    assert {finding.code for finding in examine(FINE)} == {
        "gpu-arch", "driver-cuda", "wheel-platform", "memory", "shm", "disk", "python-version", "network",
    }  # fmt: skip


def test_a_machine_without_a_gpu_is_fine_too() -> None:
    assert _bad(WITHOUT_GPU) == []
    assert any("No NVIDIA GPU" in finding.summary for finding in examine(WITHOUT_GPU))


def test_of_a_machine_that_nobody_knows_nothing_is_said() -> None:
    assert examine(MachineFacts()) == []


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("Unknown Error", "Restart the container"),
        ("The operating system has blocked the request.", "Restart the container"),
        ("Driver/library version mismatch", "Restart the machine"),
        ("NVML Shared Library Not Found", "--gpus all"),
        ("Something new", "nvidia-smi"),
    ],
)
def test_a_gpu_that_does_not_answer(error: str, advice: str) -> None:
    found = _bad(replace(FINE, gpus=None, driver=Driver("580.159.04", error=error)))

    assert [(finding.code, finding.severity) for finding in found] == [("driver-cuda", "blocker")]
    assert error in found[0].evidence
    assert advice in found[0].fix


def test_a_driver_that_shows_no_gpu() -> None:
    found = _bad(replace(FINE, gpus=()))

    assert [finding.code for finding in found] == ["gpu-arch"]
    assert "CUDA_VISIBLE_DEVICES" in found[0].fix


@pytest.mark.parametrize(
    ("version", "severity"), [("470.256.02", "blocker"), ("535.104.05", "warning"), ("579.0", "warning")]
)
def test_an_old_driver(version: str, severity: str) -> None:
    facts = replace(FINE, driver=Driver(version), container=None, tools={}, gpus=(Gpu("NVIDIA A40", "8.6", 46068),))

    assert _codes(facts) == [("driver-cuda", severity)]


def test_a_new_gpu_on_a_driver_that_does_not_know_it() -> None:
    facts = replace(
        FINE, gpus=(Gpu("NVIDIA B200", "10.0", 183359),), driver=Driver("550.127.05", "12.4"), container=None, tools={}
    )

    found = [finding for finding in _bad(facts) if finding.severity == "blocker"]

    assert len(found) == 1
    assert "570.26" in found[0].evidence


def test_an_old_gpu() -> None:
    assert ("gpu-arch", "warning") in _codes(replace(FINE, gpus=(Gpu("Tesla V100", "7.0", 16384),)))
    assert ("gpu-arch", "blocker") in _codes(replace(FINE, gpus=(Gpu("Tesla K80", "3.7", 11441),)))


@pytest.mark.parametrize(
    ("driver", "cuda", "words"),
    [("535.104.05", "12.8", "may fail"), ("550.127.05", "13.0", "does not run"), ("580.159.04", "12.8", None)],
)
def test_an_image_whose_cuda_is_above_the_drivers(driver: str, cuda: str, words: str | None) -> None:
    facts = replace(FINE, driver=Driver(driver), container=Container("docker", cuda=cuda), tools={})

    said = [finding for finding in _bad(facts) if "toolkit" in finding.summary]

    assert [words in finding.summary for finding in said if words] == ([True] if words else [])
    assert bool(said) == bool(words)


def test_unequal_and_split_gpus() -> None:
    unequal = _bad(replace(FINE, gpus=(H200, Gpu("NVIDIA H100", "9.0", 81559))))
    split = _bad(replace(FINE, gpus=(Gpu("NVIDIA A100-SXM4-40GB MIG 3g.20gb", "8.0", 20480),)))

    assert "not identical" in unequal[0].summary
    assert "MIG" in split[0].summary


def test_missing_compilers_matter_only_with_a_gpu() -> None:
    none = {"gcc": None, "cc": None, "nvcc": None}

    assert _codes(replace(FINE, tools=none)) == [("system-library", "warning")] * 2
    assert _codes(replace(WITHOUT_GPU, tools=none)) == []
    assert _codes(replace(FINE, tools={"gcc": None, "cc": "14.0.6", "nvcc": "13.0"})) == []


def test_small_shared_memory_matters_only_for_several_gpus() -> None:
    assert _codes(replace(FINE, shm_mib=64)) == [("shm", "warning")]
    assert _codes(replace(FINE, shm_mib=64, gpus=(H200,))) == []


@pytest.mark.parametrize(("free", "severity"), [(4096, "blocker"), (12288, "warning")])
def test_little_disk(free: int, severity: str) -> None:
    assert _codes(replace(FINE, disks=(Disk("/workspace", free, "ext4", True), Disk("/", 99999)))) == [
        ("disk", severity)
    ]


def test_a_network_volume_without_hard_links() -> None:
    found = _bad(replace(FINE, disks=(Disk("/workspace", 99999, "fuse", False),)))

    assert [finding.code for finding in found] == ["disk"]
    assert "fuse" in found[0].evidence


@pytest.mark.parametrize(("memory", "severity"), [(2048, "blocker"), (6144, "warning")])
def test_little_memory(memory: int, severity: str) -> None:
    assert _codes(replace(FINE, memory_mib=memory)) == [("memory", severity)]


@pytest.mark.parametrize(
    ("system", "severity"),
    [
        (OperatingSystem("ubuntu", "20.04", "2.31", "x86_64"), "warning"),
        (OperatingSystem("centos", "7", "2.17", "x86_64"), "blocker"),
        (OperatingSystem("alpine", "3.20", None, "x86_64"), "blocker"),
        (OperatingSystem("debian", "12", "2.36", "riscv64"), "blocker"),
    ],
)
def test_systems_without_wheels(system: OperatingSystem, severity: str) -> None:
    assert _codes(replace(FINE, os=system)) == [("wheel-platform", severity)]


def test_a_processor_without_avx2() -> None:
    assert _codes(replace(FINE, cpu=Cpu(4, ("sse4_2", "avx")))) == [("wheel-platform", "warning")]


@pytest.mark.parametrize("versions", [("3.9",), ("3.10",), ()])
def test_pythons_that_are_too_old(versions: tuple[str, ...]) -> None:
    assert _codes(replace(FINE, python=versions)) == [("python-version", "warning")]


def test_python_versions_are_compared_as_numbers() -> None:
    assert _codes(replace(FINE, python=("3.9", "3.11"))) == []


def test_default_ports_that_are_taken() -> None:
    assert _codes(replace(FINE, ports_in_use=(8000, 30000, 8888))) == [("port", "warning"), ("port", "warning")]


def test_a_machine_without_a_way_out() -> None:
    assert _codes(replace(FINE, online=False)) == [("network", "warning")]


def test_whatever_is_not_fine_says_what_was_measured_and_what_helps() -> None:
    broken = replace(
        FINE,
        os=OperatingSystem("centos", "7", "2.17", "x86_64"),
        python=(),
        driver=Driver("470.1", error="Unknown Error"),
        gpus=None,
        cpu=Cpu(1, ()),
        memory_mib=1,
        shm_mib=1,
        disks=(Disk("/", 1, "nfs4", False),),
        ports_in_use=(8000,),
        online=False,
    )

    found = _bad(broken)

    assert len(found) >= 9
    assert all(finding.evidence and finding.fix for finding in found)
