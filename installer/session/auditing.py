"""Someone's shell script, checked like a recipe: read, followed, simulated, and looked at by every check.

Nothing of the script is ever run, and what could not be followed is reported as such.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from installer.audit.step_words import changes
from installer.core.errors import Cancelled
from installer.core.outcomes import Code, Severity, StageStatus
from installer.core.packages.lock import LockedPackage
from installer.core.plans.plan import Finding, Plan, PlannedStage
from installer.core.plans.procedure import Procedure
from installer.core.plans.stack import Placed, Stack
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.host.background_call import BackgroundCall
from installer.packages import target
from installer.preflight.findings_cache import CachedFindings, kept_or
from installer.preflight.merging import merged
from installer.session import servers
from installer.session.assessing import assess_stack
from installer.session.cached_answers import PlanningHost
from installer.session.circumstances import Circumstances, circumstances, wheel_lookups
from installer.session.outside_facts import PATIENCE_S, model_of
from installer.session.prepare import facts_of
from installer.session.servers import revision, served
from stages import STAGES

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLookups


def audit(script: Path, request: Request, home: Home) -> Plan:
    """What `script` comes to on the machine that is asked about. Raises `UsageError` for a file that is no script."""
    from installer.shell import STDIN, procedure, read_script

    started = time.monotonic()
    text, name = read_script(script), "stdin" if script == STDIN else script.name
    facts = facts_of(request, home)
    around, host = circumstances(request, home, facts), PlanningHost(home.cache)
    followed, written = procedure(text, name, facts, script.parent)
    file = around.file(
        script=repr(followed), written=[(one.code, one.line) for one in written], sources=repr(host.sources())
    )
    result = kept_or(file, lambda: _predicted_findings(followed, written, around, host))
    return Plan(
        recipe=name,
        machine=facts.name,
        as_of=request.as_of or date.today().isoformat(),
        stages=stages_of(followed, result.findings),
        findings=result.findings,
        packages=result.packages,
        model=result.model,
        memory=result.memory,
        repair=result.repair,
        script=str(script),
        not_followed=followed.not_followed,
        looked_bytes=host.transferred(),
        seconds=time.monotonic() - started,
    )


def _predicted_findings(
    followed: Procedure, written: Sequence[Finding], around: Circumstances, host: PlanningHost
) -> CachedFindings:
    """What the packages, the model and the launch of a script come to."""
    with wheel_lookups(host, around) as lookups:
        stack, found = _simulated(_main(followed), around, host, lookups)
        found = [*found, *servers.others(followed, stack, around, host, lookups)]
        assessed = assess_stack(stack, lookups, around, host, more=[*written, *found])
    return replace(
        assessed,
        findings=tuple(
            one.located() for one in merged([*written, *found, *assessed.findings, *servers.none(followed)])
        ),
        packages=tuple(map(_listed, stack.packages.values())),
        model=stack.model.name if stack.model else served(followed),
    )


def _main(followed: Procedure) -> Procedure:
    """As the server sees it that is started last."""
    return followed.serving(followed.launch) if followed.launch else followed


def _simulated(
    followed: Procedure, around: Circumstances, host: PlanningHost, lookups: WheelLookups
) -> tuple[Stack, list[Finding]]:
    """What the script leaves installed, with the model that it serves, and what is wrong with its packages."""
    from installer.audit.simulation import Simulated, simulate

    model = BackgroundCall(lambda: model_of(served(followed), around, host, revision=revision(followed)), None)
    try:
        done = simulate(followed, around.facts, host, around.home, lookups, as_of=around.as_of, offline=around.offline)
    except Cancelled:
        raise
    except Exception as defect:
        # What this tool gets wrong must not end someone's audit: the checks still look at the launch and the model.
        from installer.preflight.assessment import broken

        done = Simulated(_bare(followed, around), (broken(Code.DEPENDENCY_CONFLICT, "the packages", defect),))
    stack = replace(done.stack, model=model.answer(time.monotonic() + PATIENCE_S))
    return stack, [*done.findings, *map(_unknown, done.unknown)]


def _bare(followed: Procedure, around: Circumstances) -> Stack:
    """The launch, without any package."""
    python = followed.python or next(iter(around.facts.python or ()), "3.12")
    return Stack(python, target.platform(around.facts), {}, followed.launch)


def _unknown(sentence: str) -> Finding:
    """What the simulation could not learn."""
    return Finding(
        code=Code.NETWORK, severity=Severity.PROBE, stage=6, subject="packages", summary=sentence, evidence="",
        fix="Run again with network access, or install these packages into a new environment to test.",
        source="uv's resolver",
    )  # fmt: skip


def stages_of(procedure: Procedure, findings: Sequence[Finding]) -> tuple[PlannedStage, ...]:
    """What the script does, stage by stage; blocked where a finding says that it fails there."""
    stopped = {finding.stage: finding for finding in reversed(findings) if finding.severity == Severity.BLOCKER}
    planned = []
    for stage in STAGES:
        does = changes(procedure.steps, stage.number)
        status = (
            StageStatus.BLOCKED if stage.number in stopped else StageStatus.PENDING if does else StageStatus.SKIPPED
        )
        stop = stopped.get(stage.number)
        reason = stop.summary if stop else "" if does else "the script does none of this"
        planned.append(PlannedStage(stage.number, stage.name, status, reason, does, stop.code if stop else None))
    return tuple(planned)


def _listed(package: Placed) -> LockedPackage:
    name = next(stage.name for stage in STAGES if stage.number == package.stage)
    return LockedPackage(package.name, package.version, name, package.source, package.url)
