"""One thing that the doctor has to say about a machine."""

from __future__ import annotations

from dataclasses import dataclass

from installer.core.outcomes import Code, Word


class Health(Word):
    """The result of one check."""

    OK = "ok"
    WARNING = "warning"
    BLOCKER = "blocker"


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    code: Code
    """As in the registry of finding codes (docs/interfaces.md)."""
    severity: Health
    summary: str
    evidence: str = ""
    """What was measured."""
    fix: str = ""
    """The cheapest change that helps; empty if nothing needs one."""


def ok(code: Code, summary: str, evidence: str = "") -> DoctorFinding:
    return DoctorFinding(code, Health.OK, summary, evidence)


def warning(code: Code, summary: str, evidence: str, fix: str) -> DoctorFinding:
    return DoctorFinding(code, Health.WARNING, summary, evidence, fix)


def blocker(code: Code, summary: str, evidence: str, fix: str) -> DoctorFinding:
    return DoctorFinding(code, Health.BLOCKER, summary, evidence, fix)
