"""Failures that a procedure survives: it is serious if what failed is needed in the end. No I/O."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from installer.audit.simulation.environments import Course, EnvironmentState, FailedStep
from installer.core.outcomes import Code, Severity
from installer.core.plans.stack import Placed
from installer.knowledge.packages import decisive

_CODES = frozenset(
    {
        Code.DEPENDENCY_CONFLICT,
        Code.INDEX_MISSING,
        Code.INDEX_EXCLUSIVE,
        Code.PYTHON_VERSION,
        Code.WHEEL_PLATFORM,
        Code.WHEEL_DEFECT,
        Code.SHELL_DEFECT,
    }
)


@dataclass(frozen=True, slots=True)
class Need:
    """What the procedure comes to in the end."""

    wanted: str
    """The engine that it starts; empty if it starts none."""
    engine: Placed | None
    needed: Collection[str]
    """Packages that the engine needs."""
    ignores_all: bool
    """Whether the failures of all its steps are ignored alike, so that this one was not meant in particular."""


def check(course: Course, world: EnvironmentState, need: Need) -> None:
    """Make the findings of steps serious that provide what is needed."""
    for setback in world.failed_steps:
        if not any(_matters(setback, name, world, need) for name in setback.names):
            continue
        open_ = setback.step.condition and not setback.step.tolerated
        for place, finding in enumerate(course.findings):
            if finding.line == setback.step.line and finding.severity == Severity.WARNING and finding.code in _CODES:
                course.findings[place] = replace(finding, severity=Severity.PROBE if open_ else Severity.BLOCKER)


def _matters(setback: FailedStep, name: str, world: EnvironmentState, need: Need) -> bool:
    there = world.packages.get(name)
    if there and there.line != setback.step.line:
        return False
    if need.wanted or need.engine:
        return name in need.needed or name == (need.wanted or (need.engine.name if need.engine else ""))
    return need.ignores_all or not setback.step.tolerated or decisive(name)
