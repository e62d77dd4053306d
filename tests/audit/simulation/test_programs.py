"""A program that the installed release of its package does not bring any more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from installer.audit.simulation import programs
from installer.audit.simulation.environments import EnvironmentState
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Runs
from installer.core.plans.stack import Placed

STEP = Runs(8, line=4, program="huggingface-cli", interpreter="venv")


def said(version: str, **step: Any) -> list[Finding]:
    from dataclasses import replace

    there = {"huggingface-hub": Placed("huggingface-hub", version, 6)} if version else {}
    course = SimpleNamespace(
        world=lambda place: EnvironmentState(there) if place == "venv" else EnvironmentState(), findings=[]
    )
    programs.check(course, replace(STEP, **step))  # type: ignore[arg-type]
    return list(course.findings)


def test_it_is_gone_since_a_release() -> None:
    (found,) = said("2.4.0")
    assert (found.code, found.severity, found.line) == (Code.IMAGE_CONTENT, Severity.BLOCKER, 4)
    assert "`hf` instead of `huggingface-cli`" in found.fix


@pytest.mark.parametrize(
    ("version", "step"), [("0.36.0", {}), ("", {}), ("2.4.0", {"interpreter": ""}), ("2.4.0", {"program": "hf"})]
)
def test_nothing_is_said_where_it_is_there_or_nobody_knows(version: str, step: dict[str, str]) -> None:
    assert not said(version, **step)


def test_a_failure_that_is_thrown_away_stops_nothing() -> None:
    assert [one.severity for one in said("2.4.0", tolerated=True)] == [Severity.WARNING]
