"""All that a procedure asks for, put to uv at once: first for speed, last for its contradictions. Installs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from installer.audit.simulation.environments import Course, Pin, World
from installer.audit.simulation.failed_install import fix_of
from installer.audit.simulation.requirement import Wanted
from installer.audit.simulation.resolver_query import Puzzle
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install, Procedure
from installer.packages.refusals import classify


def warm_up(course: Course, procedure: Procedure) -> None:
    """Let uv fetch the metadata of everything at once, so that the steps in order find it in its cache."""
    puzzles = dict.fromkeys(
        Puzzle((_public(wanted),), default=course.origins.default, no_deps=step.no_deps, as_of=course.as_of)
        for step in procedure.steps
        if isinstance(step, Install)
        for wanted in map(course.reader.read, step.requires)
        if wanted and wanted.kind == "index" and wanted.name not in course.needs
    )
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(course.solver.solve, puzzles))


def _public(wanted: Wanted) -> str:
    extras = f"[{','.join(wanted.extras)}]" if wanted.extras else ""
    return f"{wanted.name}{extras}{wanted.specifier.partition('+')[0]}"


def judge(course: Course, world: World, found: Iterable[Finding]) -> None:
    """Note where the demands of all steps together have no solution, and no other finding says so."""
    pins = [pin for pin in world.pins.values() if pin.wanted.kind == "index" and pin.wanted.name in world.packages]
    named = [_public(pin.wanted) for pin in pins if pin.wanted.name not in world.without_deps]
    overridden = {override.pin.placed.name for override in world.overrides}
    if len(named) < 2 or not overridden:
        return
    answer = course.solve(Puzzle(tuple(named), default=course.origins.default, pre=_pre(pins)))
    refusal = classify(answer.output) if not answer.solved else None
    if refusal is None or refusal.code != "dependency-conflict" or answer.code == 124:
        return
    if any(finding.code == "dependency-conflict" and finding.severity == "blocker" for finding in found):
        return
    last = max((override.step for override in world.overrides), key=lambda step: step.line or 0)
    course.found(
        last, "dependency-conflict", refusal.subject or "the whole procedure",
        "What the steps ask for cannot be had together, so the later ones undo the earlier ones.",
        refusal.sentence, fix_of(refusal.sentence), "uv's resolver, asked for all steps at once",
    )  # fmt: skip


def _pre(pins: Iterable[Pin]) -> bool:
    return any(isinstance(pin.step, Install) and pin.step.pre for pin in pins)
