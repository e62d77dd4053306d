"""What all checks say of a stack, the memory that it needs, and the repair if something prevents it.

Installs and starts nothing. What two checks say is in an answer twice; the callers merge findings
(`preflight/merging.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from installer.core.contracts.host import Host
from installer.core.outcomes import Severity
from installer.core.packages.lock import Lock
from installer.core.plans.plan import Finding
from installer.core.plans.repair import Repair
from installer.core.plans.stack import Stack
from installer.host.background_call import attempt
from installer.knowledge.engines import launch_reader
from installer.preflight import findings_cache
from installer.preflight.findings_cache import CachedFindings
from installer.preflight.merging import merged
from installer.session import stacks
from installer.session.alternative_recipes import sibling
from installer.session.circumstances import Circumstances, wheel_lookups
from installer.session.outside_facts import OutsideFacts, with_draft
from installer.session.overruling import overruled
from installer.session.prepared import Prepared
from installer.session.repairing import repair_of, with_repair

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLookups


def predicted_findings(lock: Lock | None, outside: OutsideFacts, more: Sequence[Finding] = ()) -> CachedFindings:
    """Of a recipe with these packages, without a lock of what its pins come to; kept for a while."""
    return findings_cache.kept_or(_file(lock, outside, more), lambda: _worked_out(lock, outside, more))


def supposed(outside: OutsideFacts) -> tuple[Finding, ...]:
    """What is against a recipe's pins at once, without the network."""
    from installer.preflight.assessment import all_findings

    prepared = outside.prepared
    with wheel_lookups(outside.host, replace(outside.around, offline=True)) as lookups:
        stack = stacks.supposed(prepared.recipe, prepared.facts, outside.model(), lookups)
        found = all_findings(stack, prepared.facts, lookups)
    return merged(overruled(found, prepared.request.overruled))


def assess_stack(
    stack: Stack,
    lookups: WheelLookups,
    around: Circumstances,
    host: Host,
    *,
    more: Sequence[Finding] = (),
    other: Callable[[], Repair | None] = lambda: None,
) -> CachedFindings:
    """Of any stack.

    `more` are findings that are known already: they count for whether a repair is looked for. `other` is asked one
    before anything is searched.
    """
    from installer.models.memory import estimate
    from installer.preflight.assessment import all_findings

    lookups.prefetch(stack.packages.values())
    read = with_draft(attempt(lambda: launch_reader.looked_up(stack, lookups), stack), around, host)
    findings = all_findings(read, around.facts, lookups)
    memory = attempt(lambda: estimate(read, around.facts), None) if stack.launch else None
    # A search that breaks must not cost the findings that it was to answer.
    repair = attempt(lambda: repair_of(read, [*more, *findings], lookups, around, host, other=other), None)
    return CachedFindings(tuple(with_repair(findings, repair)), memory, repair)


def _worked_out(lock: Lock | None, outside: OutsideFacts, more: Sequence[Finding]) -> CachedFindings:
    recipe, facts = outside.prepared.recipe, outside.prepared.facts
    model, wheels = outside.model(), outside.wheels()
    if lock is None:
        stack = stacks.supposed(recipe, facts, model, wheels)
    else:
        stack = stacks.stack_of(recipe, facts, lock, model)
    answer = assess_stack(
        stack,
        wheels,
        outside.around,
        outside.host,
        more=more,
        other=lambda: sibling(outside.prepared, _works(outside.host)),
    )
    if answer.repair is None:
        return answer
    from installer.preflight.repair.recipe_settings import with_settings

    arguments = stacks.launch_of(recipe).arguments
    return replace(answer, repair=with_settings(answer.repair, recipe, facts, arguments))


def _works(host: Host) -> Callable[[Prepared], bool]:
    """Whether the pins of another recipe come to no blocker."""

    def works(other: Prepared) -> bool:
        with OutsideFacts(other, host) as outside:
            return not any(one.severity == Severity.BLOCKER for one in supposed(outside))

    return works


def _file(lock: Lock | None, outside: OutsideFacts, more: Sequence[Finding]) -> Path:
    recipe = outside.prepared.recipe
    launch = stacks.launch_of(recipe)
    return outside.around.file(
        packages=_digest(lock) if lock else [asdict(pin) for pin in stacks.pins(recipe)],
        launch=[launch.engine, launch.shm_mib, *launch.arguments],
        environment=dict(recipe.server.environment),
        toolkit=recipe.environment.toolkit,
        model=asdict(recipe.model),
        more=[finding.code for finding in more],
    )


def _digest(lock: Lock) -> str:
    return hashlib.sha256(lock.pylock.encode()).hexdigest()
