"""Packages that an install command has to build, and whose build imports what it does not declare. Builds nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from installer.audit.simulation.environments import Course, severity_of
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Building, Install
from installer.core.plans.stack import Placed
from installer.knowledge.packages import build_imports, decisive


def check(course: Course, step: Install, before: Collection[str], named: Iterable[str]) -> None:
    """Note builds of `step` that fail. `before`: what the environment contained; `named`: what the command names."""
    world = course.world(step.interpreter)
    for placed in [one for one in world.packages.values() if one.line == step.line and one.name not in before]:
        lacking = _lacking(course, step, placed, before)
        if not lacking:
            continue
        finding = _finding(course, step, placed, lacking, before)
        others = any(decisive(name) for name in named if name != placed.name)
        if finding.severity == Severity.WARNING and not step.tolerated:
            # The script continues: without this package alone, or without the engine that is installed with it.
            finding = replace(finding, severity=Severity.BLOCKER) if others else finding
            world.packages.pop(placed.name)
        course.findings.append(finding)
        course.fails(step, [placed.name])


def _lacking(course: Course, step: Install, placed: Placed, before: Collection[str]) -> tuple[str, ...]:
    """What the build of a package imports and does not find; empty if it finds all, or that is not known."""
    building, release = step.building, f"{placed.name}=={placed.version}"
    if building is None or not course.files.get(release, "").endswith((".tar.gz", ".zip")):
        return ()
    wanted = build_imports(placed.name, placed.version)
    if _alone(building, step, placed, before):
        return wanted
    there = {*before, *building.there}
    return () if course.world(step.interpreter).open else tuple(name for name in wanted if name not in there)


def _alone(building: Building, step: Install, placed: Placed, before: Collection[str]) -> bool:
    """Whether it is built in an environment of its own.

    pip does so only where the package declares how it is built, or where the environment lacks setuptools or wheel.
    """
    legacy = step.tool == "pip" and {"setuptools", "wheel"} <= {*before, *building.there}
    return building.isolated and placed.name not in building.here and not legacy


def _finding(
    course: Course, step: Install, placed: Placed, lacking: tuple[str, ...], before: Collection[str]
) -> Finding:  # fmt: skip
    name, line, title = placed.name, step.line, f"{placed.name} {placed.version}"
    file, listed = course.files[f"{name}=={placed.version}"], ", ".join(lacking)
    first = ", ".join(one for one in build_imports(name, placed.version) if one not in before)
    if step.building and _alone(step.building, step, placed, before):
        evidence = (
            f"There is no wheel on the index, only {file}; its setup.py imports {listed}, which the isolated build "
            f"environment of {step.tool} does not contain, because nothing declares it."
        )
        fix = f"Install {name} with --no-build-isolation, or use a wheel from the project's own page."
        if first:
            fix = (
                f"Install {first} before line {line} and {name} with --no-build-isolation, or use a wheel from the "
                f"project's own page."
            )
    else:
        evidence = (
            f"There is no wheel on the index, only {file}; its setup.py imports {listed}, which the environment does "
            f"not contain at line {line}."
        )
        fix = f"Install {listed} before line {line}, or use a wheel from the project's own page."
    return Finding(
        code=Code.MISSING_MODULE, severity=severity_of(step), stage=step.stage, subject=title,
        summary=f"{title} is built from source, and the build fails: {lacking[0]} is missing.", evidence=evidence,
        fix=fix, source="the setup.py of its source distribution (packages.yaml)", line=line,
    )  # fmt: skip
