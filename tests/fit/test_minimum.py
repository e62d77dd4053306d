"""The least machine for a model: every GPU that meets it holds the model, and with less it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.core.outcomes import Verdict
from installer.fit.fitting import Asked, fit
from installer.fit.machines import machine
from installer.fit.minimum import Minimum, minima
from installer.fit.serving_option import ServingOption
from installer.knowledge import drivers
from installer.knowledge.gpus import offered
from installer.models.shipped import from_knowledge
from installer.packages.wheels.inspection import WheelLookups

ASKED = Asked(context=16_384, users=2)
WAYS = (ServingOption("sglang", "0.5.23", packages_mib=20_000), ServingOption("vllm", "0.19.0"))
NAME = "Qwen/Qwen3-32B"


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.title)
def found(request: pytest.FixtureRequest, lookups: WheelLookups) -> tuple[ServingOption, list[Minimum]]:
    model = from_knowledge(NAME)
    assert model is not None
    return request.param, minima(model, ASKED, request.param, lookups)


def test_every_gpu_that_meets_it_holds_the_model(
    found: tuple[ServingOption, list[Minimum]], lookups: WheelLookups
) -> None:
    way, least = found
    model = from_knowledge(NAME)
    assert model is not None
    assert [one.count for one in least] == [1, 2, 4, 8]
    for one in least[:2]:
        for kind in offered():
            meets = (kind.gpu.memory_mib or 0) >= one.memory_mib and float(kind.gpu.compute_capability or 0) >= float(
                one.capability
            )
            held = fit(model, machine(kind, one.count), ASKED, (way,), lookups)
            assert not meets or held.verdict == Verdict.WORKS, kind.gpu.name
            assert (kind.gpu.name in one.kinds) >= meets


def test_more_gpus_may_each_be_smaller(found: tuple[ServingOption, list[Minimum]]) -> None:
    memory = [one.memory_mib for one in found[1]]

    assert memory == sorted(memory, reverse=True)
    assert memory[0] > memory[-1]


def test_an_older_driver_is_not_enough(found: tuple[ServingOption, list[Minimum]], lookups: WheelLookups) -> None:
    way, least = found
    model = from_knowledge(NAME)
    assert model is not None
    one = least[0]
    older = max(
        (row for row in drivers.toolkits() if drivers.numbers(row.driver) < drivers.numbers(one.driver.version or "")),
        key=lambda row: drivers.numbers(row.driver),
    )
    kinds = [kind for kind in offered() if kind.gpu.name in one.kinds]
    old = [
        replace(machine(kind, 1), driver=replace(one.driver, version=older.driver, cuda=older.cuda)) for kind in kinds
    ]

    assert any(fit(model, facts, ASKED, (way,), lookups).verdict != Verdict.WORKS for facts in old)


def test_the_disk_holds_packages_and_weights(lookups: WheelLookups) -> None:
    model = from_knowledge(NAME)
    assert model is not None
    one = minima(model, ASKED, WAYS[0], lookups)[0]

    assert one.disk_gb > 65.5 + 20_000 * 1.048576 / 1000


def test_what_nothing_holds_has_no_minimum(lookups: WheelLookups) -> None:
    model = from_knowledge("zai-org/GLM-5")
    assert model is not None

    assert minima(model, Asked(context=200_000, users=1000), WAYS[0], lookups) == []
