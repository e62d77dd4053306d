"""Everything that was seen while a script was followed: what the rules about the script itself look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install, Launch, Procedure
from installer.shell.budget import Budget
from installer.shell.state import State
from installer.shell.syntax import Script
from installer.shell.trace import Ran, Record

SOURCE = "the script itself, read with a bash grammar"


@dataclass(frozen=True, slots=True)
class FollowedScript:
    text: str
    script: Script
    record: Record
    state: State
    procedure: Procedure
    main: str
    """The environment that the server runs in: a path, or "system"."""
    budget: Budget = field(default_factory=Budget)
    """What looking for what is wrong may take."""

    @property
    def facts(self) -> MachineFacts:
        return self.record.facts

    @property
    def ran(self) -> list[Ran]:
        return self.record.ran

    def installs(self) -> Iterator[tuple[Install, str]]:
        """Every install with the environment that it goes to."""
        for step, place in zip(self.record.steps, self.record.environments, strict=True):
            self.budget.check()
            if isinstance(step, Install):
                yield step, place

    def launches(self) -> Iterator[tuple[Launch, str]]:
        for step, place in zip(self.record.steps, self.record.environments, strict=True):
            self.budget.check()
            if isinstance(step, Launch):
                yield step, place


def defect(ran: Ran, severity: Severity, subject: str, *texts: str, stage: int = 6) -> Finding:
    """A `shell-defect` at a command; `said` is its summary, its evidence and its fix."""
    summary, evidence, fix = texts
    return Finding(
        code=Code.SHELL_DEFECT,
        severity=severity,
        stage=stage,
        subject=subject,
        summary=summary,
        evidence=evidence,
        fix=fix,
        source=SOURCE,
        line=ran.line,
    )
