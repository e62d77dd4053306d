"""Contexts and users of a launch agree with each other, and a model is shared out as its heads and blocks allow."""

from __future__ import annotations

import pytest

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import Placed, Stack
from installer.models.memory import capacity
from installer.models.memory.fraction import Parallel
from installer.models.memory.parallelism import parallels
from installer.models.memory.sizing import Sizing, size_up
from installer.models.shipped import from_knowledge


def sized(name: str, engine: str = "sglang", memory: int | None = 81559) -> Sizing:
    version = {"sglang": "0.5.23", "vllm": "0.33.0"}[engine]
    stack = Stack("3.12", "x86_64-manylinux_2_39", {engine: Placed(engine, version, 7)}, Launch(10, engine=engine),
                  from_knowledge(name))  # fmt: skip
    return size_up(stack, MachineFacts(gpus=(Gpu("a GPU", "9.0", memory),)))


@pytest.mark.parametrize("name", ["Qwen/Qwen3-32B", "google/gemma-3-27b-it", "Qwen/Qwen3.5-27B"])
@pytest.mark.parametrize("engine", ["sglang", "vllm"])
@pytest.mark.parametrize("users", [1, 3])
def test_so_many_users_have_that_context_and_no_longer_one(name: str, engine: str, users: int) -> None:
    sizing = sized(name, engine)
    longest = capacity.longest(sizing, users)

    assert longest
    assert (capacity.at_once(sizing, longest) or 0) >= users
    if longest != sizing.context:
        assert (capacity.at_once(sizing, int(longest * 1.01) + 64) or 0) < users


def test_no_context_is_longer_than_the_model_allows() -> None:
    assert capacity.longest(sized("Qwen/Qwen2.5-0.5B-Instruct")) == 32_768


def test_what_is_not_known_has_no_capacity() -> None:
    sizing = sized("Qwen/Qwen3-8B", memory=None)

    assert (capacity.longest(sizing), capacity.at_once(sizing, 4096)) == (None, None)


def test_weights_that_fill_the_gpu_leave_no_context() -> None:
    sizing = sized("meta-llama/Llama-3.3-70B-Instruct")

    assert (capacity.longest(sizing), capacity.at_once(sizing, 4096)) == (0, 0)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("meta-llama/Llama-3.3-70B-Instruct", [Parallel(), Parallel(2), Parallel(4), Parallel(8)]),
        ("Qwen/Qwen2.5-0.5B-Instruct", [Parallel(), Parallel(2), Parallel(2, 2), Parallel(2, 4)]),
        # 1536 columns of an expert in blocks of 128: twelve blocks go on four GPUs and not on eight.
        ("Qwen/Qwen3-235B-A22B-FP8", [Parallel(), Parallel(2), Parallel(4), Parallel(4, 2)]),
    ],
)
def test_heads_and_blocks_decide_how_a_model_is_shared_out(name: str, found: list[Parallel]) -> None:
    facts = from_knowledge(name)
    assert facts is not None

    assert list(parallels(facts.config, 8)) == found
