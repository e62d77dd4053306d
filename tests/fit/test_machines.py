"""The machines that are compared: each kind of GPU once, the smallest that holds a model first."""

from __future__ import annotations

import pytest

from installer.fit.fitting import Asked
from installer.fit.machines import Held, holding, newest
from installer.fit.serving_option import ServingOption
from installer.knowledge import drivers
from installer.knowledge.gpus import offered
from installer.models.shipped import from_knowledge
from installer.packages.wheels.inspection import WheelLookups

WAYS = (ServingOption("sglang", "0.5.23"), ServingOption("vllm", "0.33.0"))


@pytest.fixture(scope="module")
def llama(lookups: WheelLookups) -> list[Held]:
    model = from_knowledge("meta-llama/Llama-3.3-70B-Instruct")
    assert model is not None
    return holding(model, Asked(), WAYS, lookups)


def test_each_kind_of_gpu_is_there_once(llama: list[Held]) -> None:
    assert sorted((held.gpu.name, held.gpu.memory_mib or 0) for held in llama) == sorted(
        (one.gpu.name, one.gpu.memory_mib or 0) for one in offered()
    )


def test_what_holds_it_comes_first_from_the_smallest(llama: list[Held]) -> None:
    works = [held for held in llama if held.fit.verdict == "works"]

    assert llama[: len(works)] == works
    assert [held.memory_mib for held in works] == sorted(held.memory_mib for held in works)
    assert {"H100 80GB", "A100 80GB", "H200"} <= {held.gpu.name for held in works}


def test_the_count_is_the_fewest(llama: list[Held]) -> None:
    counts = {(held.gpu.name, held.gpu.memory_mib): held.count for held in llama if held.fit.verdict == "works"}

    assert counts["H100 80GB", 81559] == 2
    assert counts["H200", 143771] == 2
    assert "T4" not in {name for name, _ in counts}


def test_the_driver_is_of_today() -> None:
    version = newest().version or ""

    assert all(drivers.numbers(version) >= drivers.numbers(row.driver) for row in drivers.toolkits())
