"""Sizes of wheels that nobody said, against whole stacks that were measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.core.packages.lock import LockedPackage
from installer.core.plans.plan import Plan, PlannedStage
from installer.knowledge.tables import table
from installer.knowledge.wheel_sizes import expected_download, unpacked_bytes, wheel_bytes

PENDING = (PlannedStage(6, "dependencies", "pending"),)
PLAN = Plan("a recipe", "a machine", "2026-11-21", PENDING)


def listed(names: list[str], size: int | None = None) -> tuple[LockedPackage, ...]:
    return tuple(LockedPackage(name, "1", "dependencies", "default", bytes=size) for name in names)


def test_a_known_size_wins() -> None:
    assert wheel_bytes("torch", 1000) == 1000 and unpacked_bytes("torch", 1000) == pytest.approx(2300)
    assert wheel_bytes("torch") > 500e6 and unpacked_bytes("torch") > 1000e6
    assert wheel_bytes("six") == 1e6
    assert wheel_bytes("torch", version="2.13.0+cpu") == 190e6


def test_only_what_nobody_sized_is_expected() -> None:
    plan = replace(PLAN, packages=(*listed(["torch"], 7), *listed(["triton", "six"])))
    assert expected_download(plan) == pytest.approx(249e6, rel=0.02)
    here = tuple(replace(package, source="folder") for package in plan.packages)
    assert expected_download(replace(plan, packages=here)) == 0
    assert expected_download(replace(plan, stages=())) == 0
    assert expected_download(replace(plan, stages=(), script="start.sh")) > 0


def test_the_stack_of_vllm_0_11_0_comes_to_what_was_measured() -> None:
    """157 packages: 4.96 GB as fetched, 9.81 GB unpacked; a row holds the most in any of four stacks."""
    rows = {row["name"] for row in table("memory")["wheel_sizes"]}
    elsewhere = (
        "sgl",
        "flashinfer",
        "cu13",
        "nvidia-nvshmem",
        "tilelang",
        "tokenspeed",
        "torch+cpu",
        "cutlass",
        "nvvm",
    )
    large = [name for name in rows if not any(word in name for word in elsewhere) and not _of_cuda_13(name)]
    others = [f"other-{number}" for number in range(157 - len(large))]
    assert sum(map(wheel_bytes, [*large, *others])) == pytest.approx(4.96e9, rel=0.15)
    assert sum(map(unpacked_bytes, [*large, *others])) == pytest.approx(9.81e9, rel=0.15)


def _of_cuda_13(name: str) -> bool:
    """NVIDIA's packages for CUDA 13 have no suffix."""
    return name.startswith("nvidia-") and not name.endswith("-cu12")
