"""A finding about one package: its position and its name. Pure."""

from __future__ import annotations

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Placed


def package(code: Code, placed: Placed, severity: Severity, *sentences: str) -> Finding:
    """`sentences`: summary, evidence, fix and source."""
    summary, evidence, fix, source = sentences
    subject = f"{placed.name} {placed.version}"
    return Finding(
        code=code, severity=severity, stage=placed.stage, subject=subject, summary=summary, evidence=evidence, fix=fix,
        source=source, line=placed.line, package=placed.name,
    )  # fmt: skip
