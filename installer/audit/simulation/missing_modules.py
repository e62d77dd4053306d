"""Modules that a package imports from another one whose release does not have them. From shipped knowledge alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from installer.audit.simulation.environments import Course, EnvironmentState
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Placed
from installer.knowledge.tables import table
from installer.knowledge.versions import fits

Broken = tuple[Placed, Placed, Mapping[str, str]]
"""Who imports, from whom, and the row that says so."""


def broken(world: EnvironmentState) -> list[Broken]:
    """Every such pair among what is installed."""
    found = []
    for row in table("packages")["symbols"]:
        importer, holder = world.packages.get(str(row["importer"])), world.packages.get(str(row["package"]))
        if (
            importer
            and holder
            and fits(importer.version, row["versions"])
            and fits(holder.version, row["there"]) is False
        ):
            found.append((importer, holder, row))
    return found


def check(course: Course, pairs: list[Broken], needed: Collection[str]) -> None:
    """Note them: grave where the engine itself needs the package that imports."""
    for importer, holder, row in pairs:
        course.findings.append(
            _finding(importer, holder, row, Severity.BLOCKER if importer.name in needed else Severity.WARNING)
        )


def _finding(importer: Placed, holder: Placed, row: Mapping[str, str], severity: Severity) -> Finding:
    there, module = row["there"], row["module"]
    return Finding(
        code=Code.MISSING_MODULE, severity=severity, stage=importer.stage,
        subject=f"{importer.name} {importer.version}",
        summary=f"{importer.name} {importer.version} imports {module}, which {holder.name} {holder.version} does "
        f"not have.",
        evidence=f"{importer.name} {row['versions']} imports {module}, which {holder.name} has only in {there}; no "
        f"requirement "
        f"of {importer.name} says so.",
        fix=f"Install {importer.name} below {row['versions'].lstrip('>=')}, or for {holder.name}{there}.",
        source=f"shipped knowledge (packages.yaml: {row['source']})", line=importer.line,
    )  # fmt: skip
