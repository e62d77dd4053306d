"""All checks on one stack. Pure but for the lookups it is given; what two of them say is there twice.

A check that breaks says so as a `probe`: what it would have answered is not known, and the others still count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from installer.core.errors import Cancelled
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, Stack
from installer.knowledge.engines import launch_reader
from installer.preflight.checks import abi, cache_type, compiling, flags, gpu, memory, packages_for_options, parsers
from installer.preflight.checks.model import verdict
from installer.preflight.merging import OWN

Check = Callable[[Stack, MachineFacts, Lookups], Iterator[Finding]]

CHECKS: tuple[tuple[Code, Check], ...] = (
    (Code.GPU_ARCH, gpu.check),
    (Code.GPU_ARCH, cache_type.check),
    (Code.ABI_MISMATCH, abi.check),
    (Code.MISSING_MODULE, packages_for_options.check),
    (Code.MODEL_UNSUPPORTED, verdict.check),
    (Code.FLAG_UNKNOWN, flags.check),
    (Code.FLAG_VALUE, parsers.check),
    (Code.MEMORY, memory.check),
    (Code.SYSTEM_LIBRARY, compiling.check),
)
"""Each check with the code of the question that it answers first; findings come in the order of the stages anyway."""


def all_findings(stack: Stack, facts: MachineFacts, lookups: Lookups) -> list[Finding]:
    """What all checks say of `stack` on the machine; its command line is read once, for all of them."""
    with suppress(Exception):  # what cannot be looked up is an open question of each check that needs it
        stack = launch_reader.looked_up(stack, lookups)
    with ThreadPoolExecutor(max_workers=len(CHECKS)) as pool:
        answers = [pool.submit(_results, code, check, stack, facts, lookups) for code, check in CHECKS]
        return [finding for answer in answers for finding in answer.result()]


def broken(code: Code, what: str, defect: Exception) -> Finding:
    """A check of this tool itself broke off: its question is open, and the rest still counts."""
    return Finding(
        code=code, severity=Severity.PROBE, stage=7, subject=what,
        summary=f"A check of deploy-tui itself failed, so its question remains open: {what}.",
        evidence=f"{type(defect).__name__}: {defect}",
        fix="Report it with the output of `deploy-tui doctor`; all other checks are valid.",
        source=OWN,
    )  # fmt: skip


def _results(code: Code, check: Check, stack: Stack, facts: MachineFacts, lookups: Lookups) -> list[Finding]:
    try:
        return list(check(stack, facts, lookups))
    except Cancelled:
        raise
    except Exception as defect:
        return [broken(code, f"what comes as {code}", defect)]
