"""Stages that cannot begin because of what is outside: as findings, and as lines of the plan.

What cannot be reached from here may well be reached from another machine. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity, StageStatus
from installer.core.plans.plan import Finding, PlannedStage

_CODES = {8: Code.NETWORK, 10: Code.PORT}
"""What a stage says that asks the world outside and not the machine's facts, by the code of its finding."""


def findings(facts: MachineFacts, stages: Sequence[PlannedStage], known: Collection[Code]) -> list[Finding]:
    """One for each stage that cannot begin, where nothing was `told` of it."""
    return [
        Finding(
            code=_CODES[stage.number],
            severity=_severity(facts, _CODES[stage.number]),
            stage=stage.number,
            subject=stage.name,
            summary=stage.reason,
        )
        for stage in stages
        if stage.status == StageStatus.BLOCKED and stage.number in _CODES and _CODES[stage.number] not in known
    ]


def from_here(facts: MachineFacts, stage: PlannedStage, found: Collection[Finding]) -> PlannedStage:
    """With the code of the finding that was made of it; one that only this machine blocks is open on another one."""
    code = _CODES.get(stage.number)
    if stage.status == StageStatus.BLOCKED and code is not None and _severity(facts, code) != Severity.BLOCKER:
        words = f"Not known for {facts.name}: {stage.reason}"
        return replace(stage, finding=None, status=StageStatus.UNKNOWN, reason=words)
    return replace(stage, finding=next((one.code for one in found if one.stage == stage.number), None))


def _severity(facts: MachineFacts, code: Code) -> Severity:
    """What only this machine cannot reach says nothing of one that is known to be online."""
    if facts.here:
        return Severity.BLOCKER
    return Severity.INFO if code == Code.NETWORK and facts.online else Severity.PROBE
