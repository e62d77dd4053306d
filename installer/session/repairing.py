"""Looks for a repair if something prevents a stack that another choice could change, and confirms it.

The search is by what is known and takes seconds at most; a release that it finds is resolved for real where the network
allows. Changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from installer.core.contracts.host import Host
from installer.core.errors import Cancelled
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, RepairKind, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install, Procedure
from installer.core.plans.repair import Repair
from installer.core.plans.stack import Stack
from installer.knowledge.engines.definitions import engine_package
from installer.session.cached_answers import PlanningHost
from installer.session.circumstances import Circumstances, wheel_lookups

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLookups

_OF_PACKAGES = frozenset({
    Code.DEPENDENCY_CONFLICT, Code.PIN_OVERRIDDEN, Code.MISSING_MODULE, Code.PYTHON_VERSION, Code.WHEEL_PLATFORM,
    Code.INDEX_MISSING,
    Code.INDEX_EXCLUSIVE, Code.WHEEL_DEFECT, Code.ABI_MISMATCH,
})  # fmt: skip
"""What another set of packages repairs."""
_OF_CHOICE = frozenset({
    Code.MODEL_UNSUPPORTED, Code.MODEL_TYPE_UNKNOWN, Code.TOKENIZER_UNSUPPORTED, Code.GPU_ARCH, Code.DRIVER_CUDA,
    Code.MEMORY,
    Code.SYSTEM_LIBRARY,
})  # fmt: skip
"""What another release, engine or machine repairs."""
_OF_FLAGS = frozenset({Code.FLAG_UNKNOWN, Code.FLAG_AMBIGUOUS, Code.FLAG_WRONG_MEANING, Code.FLAG_VALUE})
_TRIES = 8
_CONFIRMING_S = 6.0
"""How long real resolutions may take; after that the repair is reported as not confirmed."""


def repair_of(
    stack: Stack,
    findings: Sequence[Finding],
    lookups: WheelLookups,
    around: Circumstances,
    host: Host,
    *,
    other: Callable[[], Repair | None],
) -> Repair | None:
    """The smallest change that leaves no blocker; `None` if nothing is in the way that a choice could change."""
    values = [one for one in findings if _is_outside_recipes(one, stack)]
    if values:
        stack = _without_variables(stack, values)
        findings = [one for one in findings if one not in values]
    codes = {finding.code for finding in findings if finding.severity == Severity.BLOCKER}
    if values and not codes:
        return Repair(RepairKind.FLAGS, values[0].fix)
    if not codes & (_OF_PACKAGES | _OF_CHOICE | _OF_FLAGS) or not (stack.launch or engine_package(stack)):
        return None
    if (by_settings := _settings(findings)) is not None:
        return by_settings
    if (given := other()) is not None:
        return given
    if (pinned := _missing_companions(findings)) is not None:
        return pinned
    search = partial(_proposed, stack, lookups, around, host, sound=not codes & _OF_PACKAGES)
    deadline = time.monotonic() + _CONFIRMING_S
    return confirmed(search, None if around.offline else partial(_confirmed, stack, lookups, around, deadline))


def _missing_companions(findings: Sequence[Finding]) -> Repair | None:
    """The companion of the engine's own day, if that is all that is in the way: everything else can stay."""
    grave = _repairable(findings)
    pins = [one.companion for one in grave if one.companion]
    if not grave or len(pins) < len(grave):
        return None
    return Repair(
        RepairKind.RELEASE, f"Also install {' and '.join(pins)}: everything else can stay.", requires=tuple(pins)
    )


def _settings(findings: Sequence[Finding]) -> Repair | None:
    """The values of the recipe that repair all that is in the way, if the checks name one for each."""
    grave = _repairable(findings)
    if not grave or not all(one.setting for one in grave):
        return None
    return Repair(
        RepairKind.FLAGS, " ".join(dict.fromkeys(one.fix for one in grave)),
        settings=tuple(dict.fromkeys(one.setting for one in grave)),
    )  # fmt: skip


def _repairable(findings: Sequence[Finding]) -> list[Finding]:
    """What is in the way, and a choice could change."""
    of_choice = _OF_PACKAGES | _OF_CHOICE | _OF_FLAGS
    return [one for one in findings if one.severity == Severity.BLOCKER and one.code in of_choice]


def _is_outside_recipes(finding: Finding, stack: Stack) -> bool:
    """Whether it is about a variable of the environment or about servers on one machine: no release repairs that."""
    return finding.complete_answer or bool(
        finding.variable and stack.launch and finding.variable in stack.launch.environment
    )


def _without_variables(stack: Stack, values: Sequence[Finding]) -> Stack:
    if stack.launch is None:
        return stack
    gone = {one.variable for one in values}
    kept = {name: value for name, value in stack.launch.environment.items() if name not in gone}
    return replace(stack, launch=replace(stack.launch, environment=MappingProxyType(kept)))


def confirmed(search: Callable[..., Repair], resolves: Callable[[Repair], bool | None] | None) -> Repair:
    """The first repair that `search` finds and that `resolves` does not refuse.

    `resolves`: whether a repair's packages, really resolved, are without blockers; `None` if unknown, or
    instead of it if nothing may be asked.
    """
    from installer.preflight.repair.search import alike

    refused: list[str] = []
    seemed: list[str] = []
    for _ in range(_TRIES):
        repair = search(without=refused)
        if resolves is None or repair.kind not in (RepairKind.RELEASE, RepairKind.ENGINE):
            return repair
        answer = resolves(repair)
        if answer is not False:
            return replace(repair, confirmed=bool(answer))
        seemed.append(f"{repair.engine} {repair.version}")
        refused += [seemed[-1], alike(repair.pins)]
    return Repair(RepairKind.NONE, f"No answer was found: {', '.join(seemed)} seemed to work, but has no solution.")


def other_port(findings: Sequence[Finding], port: int, facts: MachineFacts) -> Repair | None:
    """A free port, if the used port alone is in the way."""
    codes = {finding.code for finding in findings if finding.severity == Severity.BLOCKER}
    if codes != {Code.PORT}:
        return None
    from installer.preflight.checks.machine_fit import free_port

    free = free_port(port, facts)
    return Repair(RepairKind.FLAGS, f"Use port {free} instead.", settings=(f"server.port={free}",), confirmed=True)


def with_repair(findings: Sequence[Finding], repair: Repair | None) -> list[Finding]:
    """The findings with the repair as their fix, where it is more than what a check alone can see."""
    if repair is None or repair.kind in (RepairKind.FLAGS, RepairKind.NONE):
        return list(findings)
    return [
        replace(finding, fix=repair.sentence)
        if finding.severity == Severity.BLOCKER and finding.code in _OF_CHOICE | {Code.ABI_MISMATCH}
        else finding
        for finding in findings
    ]


def _proposed(
    stack: Stack, lookups: WheelLookups, around: Circumstances, host: Host, *, sound: bool, without: Sequence[str]
) -> Repair:
    from installer.preflight.assessment import all_findings
    from installer.preflight.repair.known_releases import KnownLookups
    from installer.preflight.repair.proposal import propose

    with wheel_lookups(host, replace(around, offline=True)) as kept:
        known = KnownLookups(kept, lookups, around.as_of)

        def assess(candidate: Stack, facts: MachineFacts) -> list[Finding]:
            return all_findings(candidate, facts, known)

        return propose(
            stack,
            around.facts,
            known,
            assess,
            as_of=around.as_of or "",
            sound=sound,
            without=without,
            promising=known.promising,
        )


def _confirmed(
    stack: Stack, lookups: WheelLookups, around: Circumstances, deadline: float, repair: Repair
) -> bool | None:
    """Whether its packages, really resolved, are without blockers, too; `None` if that could not be asked."""
    from installer.audit.simulation import simulate
    from installer.preflight.assessment import all_findings
    from installer.preflight.repair.search import OF_THE_PLACE

    launch = stack.launch and replace(
        stack.launch, engine=repair.engine, arguments=repair.flags or stack.launch.arguments
    )
    steps = (Install(7, requires=repair.requires, tool="uv"), *((launch,) if launch else ()))
    procedure = Procedure("repair", repair.python or stack.python, steps)
    host = PlanningHost(around.home.cache, lambda: time.monotonic() > deadline)
    try:
        done = simulate(procedure, around.facts, host, around.home, lookups, as_of=around.as_of)
    except Cancelled:
        return None
    if done.unknown:
        return None
    findings = [*done.findings, *all_findings(replace(done.stack, model=stack.model), around.facts, lookups)]
    return not any(one.severity == Severity.BLOCKER and one.code not in OF_THE_PLACE for one in findings)
