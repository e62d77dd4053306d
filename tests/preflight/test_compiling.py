"""An engine that compiles kernels, and what there is to compile them with."""

from __future__ import annotations

import pytest

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import Placed, Stack
from installer.preflight.checks import compiling
from tests.stand_ins.lookups import KnownLookups

WHOLE = (
    "nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-cuda-cccl==13.0.85 nvidia-nvvm==13.0.88 "
    "nvidia-cuda-runtime==13.0.96"
)
NEWER = WHOLE.replace("nvcc==13.0.88", "nvcc==13.5.37")
PART = WHOLE.replace("nvidia-cuda-crt==13.0.88 ", "")
GPU = (Gpu("NVIDIA H200", "9.0", 143771),)


def assessed(packages: str, tools: dict[str, str | None], toolkit: str = "wheels") -> list[str]:
    placed = {name: Placed(name, version, 6) for name, version in (pair.split("==") for pair in packages.split())}
    engine = "vllm" if "vllm" in placed else "sglang"
    stack = Stack("3.12", "x86_64-manylinux_2_35", placed, Launch(10, engine=engine), toolkit=toolkit)
    facts = MachineFacts(gpus=GPU, tools=tools)
    return [found.severity for found in compiling.check(stack, facts, KnownLookups())]


@pytest.mark.parametrize(
    ("packages", "tools", "toolkit", "said"),
    [
        (f"sglang==0.5.23 {WHOLE}", {"nvcc": None}, "wheels", []),
        (f"sglang==0.5.23 {WHOLE}", {}, "wheels", []),
        (f"sglang==0.5.23 {WHOLE}", {"nvcc": None}, "machine", ["blocker"]),
        (f"sglang==0.5.23 {WHOLE}", {"nvcc": "13.0"}, "machine", []),
        (f"sglang==0.5.23 {NEWER}", {"nvcc": None}, "wheels", ["blocker"]),
        (f"sglang==0.5.23 {NEWER}", {"nvcc": "13.0"}, "wheels", []),
        (f"sglang==0.5.23 {PART}", {"nvcc": None}, "wheels", ["blocker"]),
        (f"sglang==0.5.23 {PART}", {"nvcc": "13.0"}, "wheels", []),
        (f"sglang==0.5.23 {PART}", {}, "wheels", ["probe"]),
        ("sglang==0.5.10.post1", {"nvcc": None}, "wheels", ["blocker"]),
        ("sglang==0.5.4", {"nvcc": None}, "wheels", []),
        ("vllm==0.33.0", {"nvcc": None}, "wheels", []),
        ("sglang==0.5.23", {"nvcc": None}, "", []),
    ],
)
def test_a_compiler_that_is_needed_and_not_there_is_said(
    packages: str, tools: dict[str, str | None], toolkit: str, said: list[str]
) -> None:
    assert assessed(packages, tools, toolkit) == said


def test_what_helps_can_be_pasted() -> None:
    placed = {name: Placed(name, version, 6) for name, version in (pair.split("==") for pair in WHOLE.split())}
    placed["sglang"] = Placed("sglang", "0.5.23", 7)
    stack = Stack("3.12", "x86_64-manylinux_2_35", placed, Launch(10, engine="sglang"), toolkit="machine")

    (found,) = compiling.check(stack, MachineFacts(gpus=GPU, tools={"nvcc": None}), KnownLookups())

    assert "--set environment.toolkit=wheels" in found.fix
    assert "the recipe uses the machine's toolkit" in found.evidence
