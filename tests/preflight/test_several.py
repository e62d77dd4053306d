"""More of the machine's own GPUs, where one is too small: as many as are checked well, with the words for them."""

from __future__ import annotations

import pytest

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import Placed, Stack
from installer.models.memory.sizing import size_up
from installer.models.shipped import from_knowledge
from installer.preflight.checks import gpu_memory
from installer.preflight.repair.more_gpus import several
from installer.preflight.repair.search import Candidate, Search
from tests.stand_ins.lookups import KnownLookups

H100 = Gpu("NVIDIA H100 80GB HBM3", "9.0", 81559)


def assess(stack: Stack, facts: MachineFacts) -> list[Finding]:
    return list(gpu_memory.findings(stack, size_up(stack, facts), facts))


def words(name: str, engine: str, version: str, *arguments: str, gpus: int = 1) -> str:
    stack = Stack("3.12", "x86_64-manylinux_2_35", {engine: Placed(engine, version, 7)},
                  Launch(10, engine=engine, arguments=arguments), from_knowledge(name))  # fmt: skip
    search = Search(stack, MachineFacts(gpus=(H100,) * gpus), KnownLookups(), assess)
    return several(search, Candidate("machine", stack))


@pytest.mark.parametrize(
    ("engine", "version", "flag", "context"),
    [
        ("sglang", "0.5.23", "--tp-size", "--context-length"),
        ("vllm", "0.33.0", "--tensor-parallel-size", "--max-model-len"),
    ],
)
def test_a_70b_takes_two_of_them(engine: str, version: str, flag: str, context: str) -> None:
    told = words("meta-llama/Llama-3.3-70B-Instruct", engine, version, context, "8192")

    assert told.startswith("2 of these GPUs (NVIDIA H100 80GB HBM3; ")
    assert f"{flag} 2" in told


def test_a_context_that_nobody_asked_for_is_made_shorter_before_more_are_taken() -> None:
    told = words("meta-llama/Llama-3.3-70B-Instruct", "vllm", "0.33.0")

    assert "--tensor-parallel-size 2" in told
    assert "--max-model-len 8192" in told


def test_no_number_of_them_is_said_where_eight_are_too_few() -> None:
    assert words("zai-org/GLM-5", "vllm", "0.33.0", "--max-model-len", "8192") == ""


def test_those_that_are_there_are_not_proposed_again() -> None:
    told = words("Qwen/Qwen3-235B-A22B", "sglang", "0.5.23", "--context-length", "8192", gpus=4)

    assert told.startswith("8 of these GPUs")
