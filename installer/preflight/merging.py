"""Findings of several sources put together: each cause once, in the order of the stages. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from installer.core.outcomes import Code
from installer.core.plans.plan import Finding

OWN = "this tool"
"""The source of a finding that tells of a defect of this tool itself."""
_STATED = frozenset({
    Code.GPU_ARCH, Code.DRIVER_CUDA, Code.WHEEL_PLATFORM, Code.PYTHON_VERSION, Code.DISK, Code.SHM,
    Code.SYSTEM_LIBRARY, Code.GPU_HELD,
})  # fmt: skip
"""Codes of which a recipe states what it needs, and a check works out the same from what would be installed."""


def merged(found: Sequence[Finding], stated: Sequence[Finding] = ()) -> tuple[Finding, ...]:
    """Each cause once, the gravest word on it; by stage, then by gravity, then by line.

    `stated`, what the machine lacks of a recipe's own demands, gives way to what was `found` with better evidence.
    """
    left = [finding for finding in stated if not any(_covers(better, finding) for better in found)]
    return tuple(_distinct([*left, *found]))


def _distinct(findings: Iterable[Finding]) -> list[Finding]:
    kept: dict[object, Finding] = {}
    for finding in findings:
        # What a model's gate comes to is one matter, however many look at it.
        key = finding.topic if finding.code == Code.CREDENTIALS else finding.cause
        if key not in kept or finding.severity.severity_rank < kept[key].severity.severity_rank:
            kept[key] = finding
    return sorted(kept.values(), key=lambda found: (found.stage, found.severity.severity_rank, found.line or 0))


def _covers(assessed: Finding, stated: Finding) -> bool:
    about_memory = stated.code == Code.MEMORY and stated.of_gpu and assessed.of_gpu
    same = assessed.code == stated.code and (stated.code in _STATED or about_memory)
    return same and assessed.severity.severity_rank <= stated.severity.severity_rank
