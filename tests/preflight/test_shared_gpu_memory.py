"""Servers that run at the same time share a GPU's memory; those that do not are none of each other's business."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.preflight.checks.shared_gpu_memory import findings
from tests.preflight.test_gpu_memory import MODELS

TWO = MachineFacts(gpus=(Gpu("NVIDIA X", "8.0", 81920), Gpu("NVIDIA X", "8.0", 81920)))
PLAIN = Launch(10, line=1, engine="vllm", model="m", alongside=0)


def found(*launches: Launch, engine: str = "vllm", version: str = "0.33.0", facts: MachineFacts = TWO) -> list[Finding]:
    model = ModelFacts("m", "a file", config=MODELS["qwen2.5-3b"]["config"])
    stacks = [
        Stack("3.12", "p", {engine: Placed(engine, version, 7)}, replace(one, engine=engine, line=line), model)
        for line, one in enumerate(launches, 1)
    ]
    return list(findings(stacks, facts))


def share(value: str, gpu: str = "0", **more: object) -> Launch:
    launch = replace(
        PLAIN, arguments=("m", "--gpu-memory-utilization", value), environment={"CUDA_VISIBLE_DEVICES": gpu}
    )
    return replace(launch, **more)  # type: ignore[arg-type]


def test_the_one_that_comes_too_late_finds_too_little() -> None:
    (one,) = found(share("0.5"), share("0.8"))
    assert (one.code, one.severity, one.line, one.complete_answer) == (Code.MEMORY, Severity.BLOCKER, 2, True)
    assert "--gpu-memory-utilization 0.49" in one.fix and "line 1" in one.summary


@pytest.mark.parametrize(
    "second",
    [
        share("0.4"),
        share("0.8", gpu="1"),
        share("0.8", alongside=1),
        share("0.8", alongside=None),
        replace(share("0.8"), environment={}, devices=(1,)),
    ],
)
def test_others_are_left_alone(second: Launch) -> None:
    assert not found(share("0.5"), second)


def test_halves_are_more_than_a_whole() -> None:
    assert found(share("0.5"), share("0.5"))


def test_sglang_takes_its_share_of_what_is_free() -> None:
    def part(value: str) -> Launch:
        return replace(PLAIN, arguments=("--model-path", "m", "--mem-fraction-static", value), devices=(0,))

    assert not found(part("0.5"), part("0.5"), engine="sglang", version="0.5.17")
    assert found(part("0.95"), part("0.5"), engine="sglang", version="0.5.17")


def test_where_the_memory_is_not_known_nothing_is_said() -> None:
    assert not found(share("0.9"), share("0.9"), facts=MachineFacts(gpus=(Gpu("NVIDIA X", "8.0", None),)))
