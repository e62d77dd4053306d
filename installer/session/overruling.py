"""What someone overrules by name: it stays in the plan, as a warning that says so, and no longer stops anything.

Only what is predicted can be overruled; what cannot be done at all (packages without a solution, a port in use) cannot.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from installer.core.errors import UsageError
from installer.core.files.problems import quote, suggestion
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding

ALLOWED = (
    Code.MEMORY, Code.DISK, Code.SHM, Code.GPU_ARCH, Code.DRIVER_CUDA, Code.ABI_MISMATCH, Code.SYSTEM_LIBRARY,
    Code.MODEL_UNSUPPORTED, Code.MODEL_TYPE_UNKNOWN, Code.TOKENIZER_UNSUPPORTED, Code.FLAG_UNKNOWN, Code.FLAG_AMBIGUOUS,
    Code.FLAG_VALUE,
)  # fmt: skip


def checked(codes: Sequence[str]) -> tuple[str, ...]:
    """The codes as they were given. Raises `UsageError` for one that cannot be overruled."""
    for code in codes:
        if code not in ALLOWED:
            raise UsageError(
                f"{quote(code)} cannot be overruled{suggestion(code, ALLOWED)}",
                f"These can: {', '.join(ALLOWED)}.",
                "Give --overrule the code shown in brackets in the plan, such as --overrule memory.",
            )
    return tuple(dict.fromkeys(codes))


def overruled(findings: Sequence[Finding], codes: Collection[str]) -> list[Finding]:
    """The findings, those blockers of these codes as warnings."""
    return [_as_warning(one) if one.severity == Severity.BLOCKER and one.code in codes else one for one in findings]


def _as_warning(finding: Finding) -> Finding:
    return replace(
        finding, severity=Severity.WARNING, summary=f"Overruled by --overrule {finding.code}: {finding.summary}"
    )  # fmt: skip
