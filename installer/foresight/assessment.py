"""All judges on one stack: every finding once, in the order of the stages. Pure but for the looks it is handed.

A judge that breaks says so as a `probe`: what it would have answered is not known, and the others still count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from installer.core.errors import Cancelled
from installer.core.facts import MachineFacts
from installer.core.plan import Finding
from installer.core.stack import Looks, Stack
from installer.foresight.judges import JUDGES, Judge

_GRAVITY = ("blocker", "probe", "warning", "info")
_STATED = frozenset({"gpu-arch", "driver-cuda", "wheel-platform", "python-version", "disk", "shm"})
"""Codes of which a recipe states what it needs, and a judge works out the same from what would be installed."""


def assess(stack: Stack, facts: MachineFacts, looks: Looks) -> list[Finding]:
    """What all judges say of `stack` on the machine."""
    with ThreadPoolExecutor(max_workers=len(JUDGES)) as pool:
        answers = [pool.submit(_heard, code, judge, stack, facts, looks) for code, judge in JUDGES]
        return distinct(finding for answer in answers for finding in answer.result())


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """Each cause once, the gravest word on it; by stage, then by gravity, then by line."""
    kept: dict[tuple[str, str, int | None, str], Finding] = {}
    for finding in findings:
        key = (finding.code, finding.subject, finding.line, finding.evidence or finding.summary)
        if key not in kept or _gravity(finding) < _gravity(kept[key]):
            kept[key] = finding
    return sorted(kept.values(), key=lambda found: (found.stage, _gravity(found), found.line or 0))


def without_doubles(stated: Sequence[Finding], judged: Sequence[Finding]) -> list[Finding]:
    """`stated`, what the machine lacks of a recipe's own demands, less what a judge says with better evidence."""
    return [finding for finding in stated if not any(_covers(better, finding) for better in judged)]


def _covers(judged: Finding, stated: Finding) -> bool:
    about_memory = stated.code == "memory" and "GPU" in stated.summary
    same = judged.code == stated.code and (stated.code in _STATED or about_memory)
    return same and _gravity(judged) <= _gravity(stated)


def _gravity(finding: Finding) -> int:
    return _GRAVITY.index(finding.severity)


def broken(code: str, what: str, defect: Exception) -> Finding:
    """A check of this tool itself broke off: its question is open, and the rest still counts."""
    return Finding(
        code, "probe", 7, what, f"A check of this tool itself broke off, so its question is open: {what}.",
        f"{type(defect).__name__}: {defect}", "Report this with `deploy-tui ticket`; the other checks still count.",
        "this tool",
    )  # fmt: skip


def _heard(code: str, judge: Judge, stack: Stack, facts: MachineFacts, looks: Looks) -> list[Finding]:
    try:
        return list(judge(stack, facts, looks))
    except Cancelled:
        raise
    except Exception as defect:
        return [broken(code, f"what comes as {code}", defect)]
