"""Compiled code beside another torch, CUDA or C++ ABI than it was built for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import Binary, EngineFacts, Placed, Stack, WheelFacts
from installer.knowledge import build_tags, kernels
from installer.preflight.checks import abi
from tests.stand_ins.lookups import KnownLookups


class Wheels(KnownLookups):
    """Looks that know what they are told of each package."""

    def __init__(self, *facts: WheelFacts, engines: tuple[EngineFacts, ...] = ()) -> None:
        super().__init__(engines=engines)
        self.facts = {fact.name: fact for fact in facts}

    def wheel(self, package: Placed) -> WheelFacts | None:
        return self.facts.get(package.name)


def assessed(*packages: Placed | str, lookups: KnownLookups | None = None) -> list[Finding]:
    placed = [one if isinstance(one, Placed) else Placed(*one.split("=="), stage=6) for one in packages]
    stack = Stack("3.12", "x86_64-manylinux_2_35", {one.name: one for one in placed}, Launch(10, engine="sglang"))
    return list(abi.check(stack, MachineFacts(), lookups or KnownLookups()))


def subjects(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity, finding.subject) for finding in findings]


@pytest.mark.parametrize(
    ("torch", "kernel", "word"),
    [
        ("2.6.0", "sgl-kernel==0.3.20", "torch 2.9"),
        ("2.5.1", "sgl-kernel==0.3.21", "torch 2.9"),
        ("2.9.1", "sglang-kernel==0.4.5", "torch 2.11"),
        ("2.13.0", "sglang-kernel==0.4.10", "torch 2.14"),
        ("2.8.0", "sgl-kernel==0.1.5", "torch 2.6 or 2.7"),  # no engine pins it: one of its neighbours'
        ("2.7.1", "sgl-kernel==0.1.5", "C++ ABI"),
        ("2.11.0+cu128", "sglang-kernel==0.4.4", "CUDA 13"),
    ],
)
def test_a_kernel_wheel_whose_metadata_says_nothing(torch: str, kernel: str, word: str) -> None:
    (finding,) = assessed(f"torch=={torch}", kernel)
    assert finding.severity == "blocker" and finding.code == "abi-mismatch"
    assert word in finding.summary and finding.fix and finding.source


def test_the_fix_names_the_kernel_for_this_torch() -> None:
    (finding,) = assessed("torch==2.6.0", "sgl-kernel==0.3.20")
    assert "sgl-kernel==0.1.4" in finding.fix and "sglang 0.4.6.post5" in finding.fix


def test_no_row_is_at_odds_with_its_own_engine() -> None:
    """Every kernel release beside every torch that an engine pins with it."""
    pinned = [row for row in kernels.rows() if row.torch and row.package != "vllm"]
    assert len(pinned) > 30
    for row in pinned:
        for torch in row.torch:
            assert assessed(f"torch=={torch}.0", f"{row.package}=={row.version}") == [], row


@pytest.mark.parametrize(
    ("package", "word"),
    [
        (Placed("flashinfer-python", "0.2.5", 4, source="https://flashinfer.ai/whl/cu124/torch2.4"), "torch 2.4"),
        (Placed("flashinfer-python", "0.2.5+cu124torch2.4", 4), "torch 2.4"),
        (Placed("flash-attn", "2.7.4+cu12torch2.5cxx11abifalse", 6), "torch 2.5"),
        (Placed("flash-attn", "2.7.4+cu12torch2.6cxx11abitrue", 6), "C++ ABI"),
        (Placed("xformers", "0.0.30+cu130", 6), "CUDA 13"),
        (Placed("torchvision", "0.19.1", 3), "torch 2.4"),
        (Placed("torchvision", "0.21.0+cu118", 3), "CUDA 11"),
        (Placed("torchaudio", "2.5.1", 3), "torch 2.5"),
    ],
)
def test_what_its_version_or_its_index_says(package: Placed, word: str) -> None:
    (finding,) = assessed("torch==2.6.0+cu124", package)
    assert finding.severity == "blocker" and word in finding.summary, finding


@pytest.mark.parametrize(
    "package",
    [
        Placed("flashinfer-python", "0.2.5", 4, source="https://flashinfer.ai/whl/cu124/torch2.6"),
        Placed("flash-attn", "2.7.4+cu12torch2.6cxx11abifalse", 6),
        Placed("torchvision", "0.21.0+cu124", 3),
        Placed("torchvision", "0.21.0", 3),
        Placed("torchaudio", "2.6.0", 3),
        Placed("jinja2", "3.1.4", 3, source="https://download.pytorch.org/whl/cu130"),
        Placed("sgl-kernel", "0.1.4", 6),
    ],
)
def test_what_fits_is_not_mentioned(package: Placed) -> None:
    assert assessed("torch==2.6.0+cu124", package) == []


def test_the_wheel_itself_speaks_where_no_row_does() -> None:
    def beside(torch: str, binary: Binary, *requires: str) -> list[Finding]:
        facts = WheelFacts("vllm", "99.0", "the wheel", requires=requires, binaries=(binary,))
        return assessed(f"torch=={torch}", "vllm==99.0", lookups=Wheels(facts))

    plain = Binary("vllm/_C.abi3.so", libraries=("libc10.so", "libcudart.so.12"), torch_abi="cxx11")
    stable = Binary("vllm/_C_stable_libtorch.abi3.so", libraries=("libcudart.so.13",), torch_abi="stable")
    assert "torch 2.9" in beside("2.8.0", plain, "torch==2.9.1")[0].summary
    assert "CUDA 12" in beside("2.14.1", plain, "torch==2.14.0")[0].summary
    assert "C++ ABI" in beside("2.6.0", plain, "torch==2.6.0")[0].summary
    assert beside("2.9.1", plain, "torch==2.9.0") == []
    assert beside("2.14.1", stable, "torch==2.13.0") == []
    assert "CUDA 13" in beside("2.9.1", stable, "torch==2.9.1")[0].summary
    assert subjects(beside("2.8.0", Binary("x.so"))) == [("probe", "vllm 99.0")]


def test_what_an_engine_itself_pins_is_not_questioned() -> None:
    engine = EngineFacts("sglang", "99.0", "here", requires=("torch==2.99.1", "sgl-kernel==99.0; extra == 'srt'"))
    packages = ("sglang==99.0", "sgl-kernel==99.0", "torch==2.99.1")
    assert assessed(*packages, lookups=Wheels(engines=(engine,))) == []
    assert subjects(assessed(*packages)) == [("probe", "sgl-kernel 99.0")]


def test_packages_that_belong_together() -> None:
    (cubin,) = assessed("flashinfer-python==0.6.15.post1", "flashinfer-cubin==0.6.12")
    assert cubin.severity == "blocker" and "flashinfer-cubin 0.6.12" in cubin.subject
    assert assessed("flashinfer-python==0.5.3", "flashinfer-cubin==0.5.3", "flashinfer-jit-cache==0.5.3+cu129") == []
    (twice,) = assessed("sgl-kernel==0.3.21", "sglang-kernel==0.4.1")
    assert twice.severity == "blocker" and "sgl_kernel" in twice.summary


def test_python_code_that_needs_a_newer_torch() -> None:
    (finding,) = assessed("torch==2.4.1+cu124", "torchao==0.15.0")
    assert finding.severity == "blocker" and "torchao<0.13.0" in finding.fix
    assert assessed("torch==2.4.1+cu124", "torchao==0.9.0") == []
    assert assessed("torch==2.9.1", "torchao==0.15.0") == []


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("cu124torch2.4", build_tags.BuildTags("12.4", "2.4")),
        ("cu12torch2.5cxx11abiFALSE", build_tags.BuildTags("12", "2.5", "pre-cxx11")),
        ("pt27cu118", build_tags.BuildTags("11.8", "2.7")),
        ("cu128", build_tags.BuildTags("12.8")),
        ("cpu", build_tags.BuildTags()),
        ("", build_tags.BuildTags()),
    ],
)
def test_tags_of_a_local_version(text: str, tags: build_tags.BuildTags) -> None:
    assert build_tags.of_local(f"1.0+{text}") == tags
