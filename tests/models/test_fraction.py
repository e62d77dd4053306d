"""Static fractions against what the engines' own code works out, and what was seen."""

from __future__ import annotations

import pytest

from installer.core.plans.launch_arguments import NO_ARGUMENTS
from installer.core.plans.procedure import Launch
from installer.knowledge.engines.launch_reader import read
from installer.models.memory.fraction import Parallel, fraction_of
from installer.models.memory.options import options_of


def value(engine: str, version: str, memory: int | None, *arguments: str, gpus: int = 1) -> float:
    found = fraction_of(
        (engine, version), options_of(read(Launch(10, arguments=arguments))), Parallel(gpus), memory, None
    )  # fmt: skip
    assert found is not None
    return found.value


@pytest.mark.parametrize(("version", "memory", "gpus", "fraction"), [
    ("0.4.3.post2", 81920, 1, 0.88), ("0.4.3.post2", 81920, 8, 0.81),
    ("0.4.8.post1", 24564, 1, 0.879), ("0.4.8.post1", 81559, 8, 0.831),
    ("0.5.7", 81920, 1, 0.836), ("0.5.10", 46068, 1, 0.843), ("0.5.23", 24564, 1, 0.704), ("0.5.7", None, 1, 0.88),
])  # fmt: skip
def test_sglang_works_it_out_by_version_and_gpu(version: str, memory: int | None, gpus: int, fraction: float) -> None:
    """0.836 on an A100 with 80 GB is what a log of that machine shows; the others are the rule, worked by hand."""
    assert value("sglang", version, memory, gpus=gpus) == fraction


@pytest.mark.parametrize(("version", "fraction"), [("0.8.3", 0.9), ("0.19.0", 0.9), ("0.20.0", 0.92), ("0.33.0", 0.92)])
def test_vllm_takes_a_fixed_share(version: str, fraction: float) -> None:
    assert value("vllm", version, 24564) == fraction


def test_a_flag_wins_in_every_spelling() -> None:
    for words in (["--gpu_memory_utilization", "0.8"], ["--gpu-memory-utilization=0.8"]):
        assert value("vllm", "0.9.2", 24564, *words) == 0.8
    assert value("sglang", "0.5.17", 24564, "--mem-fraction-static", "0.8") == 0.8


def test_more_parallelism_and_larger_chunks_leave_less() -> None:
    assert value("sglang", "0.5.7", 143771, "--chunked-prefill-size", "16384") < value("sglang", "0.5.7", 143771)
    assert value("sglang", "0.5.7", 143771, gpus=8) < value("sglang", "0.5.7", 143771)


def test_an_engine_without_a_rule_has_no_fraction() -> None:
    assert fraction_of(("transformers", "5"), options_of(NO_ARGUMENTS), Parallel(), 24564, None) is None
