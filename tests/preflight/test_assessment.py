"""All checks on one stack: each cause once, in order; one that breaks leaves the others standing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Stack
from installer.preflight import assessment
from installer.preflight.assessment import all_findings
from installer.preflight.merging import merged
from tests.stand_ins.lookups import KnownLookups

FINDING = Finding(
    code=Code.GPU_ARCH,
    severity=Severity.WARNING,
    stage=3,
    subject="torch 2.4.1",
    summary="It would fail.",
    evidence="8.6 against 9.0",
)


def test_a_cause_is_told_once_and_by_its_gravest_word() -> None:
    graver = replace(FINDING, severity=Severity.BLOCKER)
    assert merged([FINDING, graver, FINDING]) == (graver,)


def test_two_subjects_or_two_lines_are_two_causes() -> None:
    others = [replace(FINDING, subject="sgl-kernel 0.3.20"), replace(FINDING, line=7)]
    assert len(merged([FINDING, *others])) == 3


def test_the_order_is_stage_gravity_line() -> None:
    found = [
        replace(FINDING, stage=7, severity=Severity.BLOCKER, subject="a"),
        replace(FINDING, stage=3, severity=Severity.INFO, subject="b"),
        replace(FINDING, stage=3, severity=Severity.BLOCKER, subject="c", line=9),
        replace(FINDING, stage=3, severity=Severity.BLOCKER, subject="d", line=2),
    ]
    assert [finding.subject for finding in merged(found)] == ["d", "c", "b", "a"]


@pytest.mark.parametrize(("assessed", "left"), [(Severity.BLOCKER, 0), (Severity.WARNING, 1)])
def test_what_a_recipe_states_gives_way_to_a_judge_that_is_as_grave(assessed: Severity, left: int) -> None:
    stated = Finding(
        code=Code.DRIVER_CUDA, severity=Severity.BLOCKER, stage=1, subject="recipe r", summary="The driver is too old."
    )
    better = Finding(
        code=Code.DRIVER_CUDA,
        severity=assessed,
        stage=3,
        subject="torch 2.14.1",
        summary="The driver is too old for CUDA 13.",
    )
    assert merged([better], [stated])[left:] == (better,)


def test_main_memory_is_another_matter_than_a_gpus() -> None:
    main = Finding(
        code=Code.MEMORY, severity=Severity.BLOCKER, stage=1, subject="recipe r", summary="There is not enough memory."
    )
    gpu = Finding(
        code=Code.MEMORY,
        severity=Severity.BLOCKER,
        stage=1,
        subject="recipe r",
        summary="There is not enough GPU memory.",
        of_gpu=True,
    )
    assessed = Finding(
        code=Code.MEMORY, severity=Severity.BLOCKER, stage=10, subject="the model", summary="The weights do not fit."
    )
    assert merged([assessed], [main, gpu]) == (main, gpu, assessed)
    of_gpu = replace(assessed, of_gpu=True)
    assert merged([of_gpu], [main, gpu]) == (main, of_gpu)


def test_a_judge_that_breaks_is_an_open_question(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise ValueError("no such row")

    checks = (("flag-unknown", broken), ("abi-mismatch", lambda *_: iter([FINDING])))
    monkeypatch.setattr(assessment, "CHECKS", checks)
    found = all_findings(Stack("3.11", "x86_64-manylinux_2_35", {}), MachineFacts(), KnownLookups())
    assert [finding.severity for finding in found] == ["probe", "warning"]
    assert found[0].code == "flag-unknown" and "no such row" in found[0].evidence
