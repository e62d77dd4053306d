"""One thing that the doctor has to say about a machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    code: str
    """As in the registry of finding codes (docs/interfaces.md)."""
    severity: str
    """"ok", "warning" or "blocker"."""
    summary: str
    evidence: str = ""
    """What was measured."""
    fix: str = ""
    """The cheapest change that helps; empty where nothing needs one."""


def ok(code: str, summary: str, evidence: str = "") -> DoctorFinding:
    return DoctorFinding(code, "ok", summary, evidence)


def warning(code: str, summary: str, evidence: str, fix: str) -> DoctorFinding:
    return DoctorFinding(code, "warning", summary, evidence, fix)


def blocker(code: str, summary: str, evidence: str, fix: str) -> DoctorFinding:
    return DoctorFinding(code, "blocker", summary, evidence, fix)
