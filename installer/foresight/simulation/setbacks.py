"""Failures that a procedure throws away: what is needed in the end makes one grave after all. Compares; asks nobody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from installer.core.stack import Placed
from installer.foresight.simulation.decisive import decisive
from installer.foresight.simulation.world import Course, Setback, World

_CODES = frozenset(
    {"dependency-conflict", "index-missing", "index-exclusive", "python-version", "wheel-platform", "wheel-defect"}
)


def judge(course: Course, world: World, wanted: str, engine: Placed | None, needed: Collection[str]) -> None:
    """Make the findings of steps grave that bring what is `needed`; `wanted` is the engine that is to be started."""
    for setback in world.setbacks:
        if not any(_matters(setback, name, world, wanted, engine, needed) for name in setback.names):
            continue
        for place, finding in enumerate(course.findings):
            if finding.line == setback.step.line and finding.severity == "warning" and finding.code in _CODES:
                course.findings[place] = replace(finding, severity="blocker")


def _matters(  # noqa: PLR0917 - everything that decides it
    setback: Setback, name: str, world: World, wanted: str, engine: Placed | None, needed: Collection[str]
) -> bool:
    there = world.packages.get(name)
    if there and there.line != setback.step.line:
        return False
    if wanted:
        return name == wanted or name in needed
    return name in needed if engine else decisive(name)
