"""A repair that was found is resolved for real, and what that refuses is not proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from installer.core.outcomes import Code, RepairKind, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.repair import Repair
from installer.core.plans.stack import Stack
from installer.session.repairing import confirmed, repair_of

FOUND = ("0.4.6", "0.4.7", "0.4.9", "0.5.0")
PINS = {"0.4.6": "4.51.1", "0.4.7": "4.51.1", "0.4.9": "4.53.0", "0.5.0": "5.1.0"}


def search(*, without: Sequence[str]) -> Repair:
    """The first of `FOUND` that is not refused, and no other with the same Transformers as a refused one."""
    for version in FOUND:
        pin = f"transformers=={PINS[version]}"
        if f"sglang {version}" not in without and pin not in without:
            return Repair(
                RepairKind.RELEASE, f"Use {version}.", engine="sglang", version=version, pins=(pin, "timm==1.0")
            )
    return Repair(RepairKind.MACHINE, "rent")


def test_what_is_refused_once_resolved_is_not_proposed() -> None:
    asked: list[str] = []

    def resolves(repair: Repair) -> bool:
        asked.append(repair.version)
        return repair.version == "0.4.9"

    repair = confirmed(search, resolves)
    assert (repair.version, repair.confirmed) == ("0.4.9", True)
    assert asked == ["0.4.6", "0.4.9"]


def test_where_all_are_refused_another_kind_of_change_is_proposed() -> None:
    assert confirmed(search, lambda repair: False).kind == "machine"


def test_what_nobody_could_be_asked_about_is_proposed_as_not_confirmed() -> None:
    for resolves in (None, lambda repair: None):
        repair = confirmed(search, resolves)
        assert (repair.version, repair.confirmed) == ("0.4.6", False)


def test_a_search_that_never_ends_is_given_up() -> None:
    endless = Repair(RepairKind.RELEASE, "Use it.", engine="sglang", version="1")
    repair = confirmed(lambda without: endless, lambda repair: False)
    assert repair.kind == "none" and "sglang 1" in repair.sentence


def test_a_value_of_the_recipe_that_mends_it_is_proposed_before_another_recipe() -> None:
    stack = Stack("3.12", "x86_64-manylinux_2_35", {}, Launch(10, engine="sglang"))
    found = Finding(
        code=Code.SYSTEM_LIBRARY, severity=Severity.BLOCKER, stage=10, subject="CUDA toolkit",
        summary="nvcc is missing.",
        fix="Use the toolkit among the packages: `--set environment.toolkit=wheels`.",
        setting="environment.toolkit=wheels",
    )  # fmt: skip
    other = Repair(RepairKind.RECIPE, "Take another recipe.", recipe="other")
    nobody: Any = None

    repair = repair_of(stack, [found], nobody, nobody, nobody, other=lambda: other)
    assert repair is not None and (repair.settings, repair.sentence) == (("environment.toolkit=wheels",), found.fix)
    also = replace(found, code=Code.GPU_ARCH, subject="torch", setting="")
    assert repair_of(stack, [found, also], nobody, nobody, nobody, other=lambda: other) == other, "it mends only one"
