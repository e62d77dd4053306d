"""Whether packages and weights fit on the disks: a recipe's home, and what a script does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.core.machine.facts import Disk, MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.preflight.checks.disk import findings, need_of

GB = 1000**3
TORCH = Placed("torch", "2.14.1", 3, bytes=552_000_000)
CUDNN = Placed("nvidia-cudnn-cu13", "9.24.0.43", 3)
ENGINE = Placed("sglang", "0.5.23", 7, bytes=38_000_000)
MODEL = ModelFacts("Qwen/Qwen2.5-3B-Instruct", "the hub", weight_bytes=6_171_926_992)
STACK = Stack("3.12", "x86_64-manylinux_2_35", {p.name: p for p in (TORCH, CUDNN, ENGINE)}, Launch(10), MODEL)
SCRIPT = replace(STACK, launch=Launch(10, line=12))


def assessed(stack: Stack, *disks: Disk) -> list[Finding]:
    return list(findings(stack, MachineFacts(disks=disks)))


def disk(gb: float, path: str = "/", hardlinks: bool = True) -> Disk:
    return Disk(path, int(gb * GB / 2**20), "ext4", hardlinks)


def test_packages_are_counted_unpacked_and_weights_as_they_are_fetched() -> None:
    need = need_of(STACK)
    assert need.packages == pytest.approx((552e6 + 38e6) * 2.3 + 966e6)  # the index did not say the size of cuDNN
    assert (need.copies, need.weights) == (0, MODEL.weight_bytes)


def test_without_hard_links_everything_lies_in_the_cache_too() -> None:
    need = need_of(STACK, copied=True)
    assert need.copies == need.packages == need_of(STACK).packages
    assert assessed(STACK, disk(9)) == []
    without = assessed(STACK, disk(9, hardlinks=False))
    assert [f.code for f in without] == ["disk"] and "not support hard links" in without[0].evidence


@pytest.mark.parametrize(("gb", "severities"), [(4, ["blocker"]), (8, ["warning"]), (12, [])])
def test_what_misses_by_little_is_a_warning(gb: float, severities: list[str]) -> None:
    assert [f.severity for f in assessed(STACK, disk(gb))] == severities


def test_the_volume_that_is_kept_holds_the_home() -> None:
    found = assessed(STACK, disk(100), disk(4, "/workspace"))
    assert [f.subject for f in found] == ["/workspace"]


def test_a_script_may_use_every_disk() -> None:
    assert assessed(SCRIPT, disk(7), disk(6, "/workspace")) == []
    full = assessed(SCRIPT, disk(4), disk(5, "/workspace"))
    assert [f.severity for f in full] == ["blocker"] and "/ has 4.0 GB free, /workspace has 5.0 GB free" in full[
        0
    ].evidence


def test_a_script_whose_hub_cache_is_on_the_small_disk() -> None:
    found = assessed(SCRIPT, disk(4), disk(60, "/workspace"))
    assert [f.severity for f in found] == ["warning"] and "HF_HOME" in found[0].fix and "/workspace" in found[0].fix
    moved = replace(SCRIPT, launch=Launch(10, line=12, environment={"HF_HOME": "/workspace/hf"}))
    assert assessed(moved, disk(4), disk(60, "/workspace")) == []


def test_unknown_is_a_probe_and_nothing_to_install_is_nothing_to_say() -> None:
    assert [f.severity for f in findings(STACK, MachineFacts())] == ["probe"]
    assert [f.severity for f in assessed(STACK, Disk("/"))] == ["probe"]
    assert list(findings(Stack("3.12", "x86_64", {}), MachineFacts())) == []


def test_a_model_that_is_here_already_is_not_fetched() -> None:
    assert need_of(replace(STACK, model=replace(MODEL, name="/models/qwen"))).weights == 0
