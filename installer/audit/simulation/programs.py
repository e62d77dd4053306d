"""Programs of Python packages that a procedure calls, and that the installed release does not provide any more."""

from __future__ import annotations

from installer.audit.simulation.environments import Course, severity_of
from installer.core.outcomes import Code
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Runs
from installer.knowledge import packages
from installer.knowledge.versions import fits


def check(course: Course, step: Runs) -> None:
    """Note where the package is there in a release that has another program instead."""
    row, world = packages.program(step.program), course.world(step.interpreter)
    placed = world.packages.get(row["package"]) if row else None
    if row is None or placed is None or fits(placed.version, row["versions"]) is not False:
        return
    course.findings.append(
        Finding(
            code=Code.IMAGE_CONTENT, severity=severity_of(step), stage=step.stage, subject=step.program,
            summary=f"{step.program} does not exist when line {step.line} calls it, so that line fails: {placed.name} "
            f"{placed.version} includes `{row['use']}` instead.",
            evidence=f"{placed.name} {row['versions']} includes {step.program}; {placed.version} is installed at "
            "that point.",
            fix=f"Write `{row['use']}` instead of `{step.program}`.", source="the entry points of its wheels",
            line=step.line,
        )
    )  # fmt: skip
