"""What is fetched together, and before what."""

from __future__ import annotations

import threading

import pytest

from installer.core.errors import DeployError
from installer.core.packages.lock import LockedPackage
from installer.core.recipes.file import PACKAGE_STAGES
from installer.session.prefetch import Prefetch, waves


def package(name: str, stage: str, size: int | None = None) -> LockedPackage:
    return LockedPackage(name, "1.0", stage, "default", bytes=size)


def test_what_takes_one_core_long_does_not_wait_for_its_stage() -> None:
    known_as_large = package("sglang-kernel", "dependencies")  # here the index does not say a size
    said_to_be_large = package("some-weights", "engine", 600_000_000)
    others = [package("numpy", "flashinfer", 17), package("scipy", "dependencies"), package("mine", "engine", 1)]
    large, *by_stage = waves([known_as_large, said_to_be_large, *others])
    assert large.packages == {"sglang-kernel": "dependencies", "some-weights": "engine"}
    assert [wave.name for wave in by_stage] == list(PACKAGE_STAGES)
    assert {name: stage for wave in by_stage for name, stage in wave.packages.items()} == {
        "numpy": "flashinfer", "scipy": "dependencies", "mine": "engine",
    }  # fmt: skip


def test_a_small_set_has_nothing_large() -> None:
    large, *by_stage = waves([package("a", "engine", 10)])
    assert not large.packages
    assert [wave.packages for wave in by_stage if wave.packages] == [{"a": "engine"}]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), DeployError("x", "y")])
def test_a_failure_to_fetch_ahead_is_not_told(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)

    def fail() -> None:
        raise error

    ahead = Prefetch.__new__(Prefetch)
    ahead._threads = []
    ahead._start("rest", fail)
    ahead._threads[0].join()
    assert not told
