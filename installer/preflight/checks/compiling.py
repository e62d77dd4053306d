"""Whether an engine that compiles kernels when it starts has something to compile them with. Judges by names only.

Speaks of stacks whose packages are all known: what a script leaves behind has its own findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.machine.facts import MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Looks, Stack
from installer.knowledge import toolkits
from installer.knowledge.tables import table
from installer.knowledge.versions import fits

_STAGE = 10
_FIX = (
    "Take an image with the CUDA toolkit (a -devel tag), or a recipe whose packages bring it; a toolkit in an unusual "
    "place is found by CUDA_HOME."
)


def judge(stack: Stack, facts: MachineFacts, looks: Looks) -> Iterator[Finding]:
    """The CUDA compiler of an engine that is known to need one."""
    row = _need(stack)
    if not stack.toolkit or row is None or facts.gpus == ():
        return
    versions = {name: placed.version for name, placed in stack.packages.items()}
    own = toolkits.among(versions)
    if own is None or stack.toolkit == "machine":
        yield from _of_the_machine(stack, facts, row, "Give `--set environment.toolkit=wheels`." if own else _FIX)
    elif apart := own.apart(versions):
        yield _finding(
            stack, "probe", "Whether the CUDA toolkit among the packages compiles all kernels is not known: its parts "
            "are of different releases.", f"{apart}; headers of CCCL refuse such a compiler.",
            "Pin the parts to one release in the recipe's `dependencies`, or give "
            "`--set environment.toolkit=machine` where the machine has one.", own.source,
        )  # fmt: skip


def _of_the_machine(stack: Stack, facts: MachineFacts, row: Mapping[str, Any], fix: str) -> Iterator[Finding]:
    program, brought = row["program"], "" if fix == _FIX else " that the recipe would take"
    source = str(table("needs")["sources"][row["source"]])
    engine = stack.engine
    assert engine is not None
    needs = f"{engine.name} {engine.version} compiles kernels when it starts and at its first request"
    if program not in facts.tools:
        yield _finding(
            stack, "probe", f"Whether the machine has {program} is not known; {engine.name} does not run without it.",
            f"{needs}; the packages hold no whole CUDA toolkit{brought}.",
            "Run `deploy-tui doctor --json` on that machine for its machine file.", source,
        )  # fmt: skip
    elif facts.tools[program] is None:
        yield _finding(
            stack, "blocker", f"{program} is missing: {engine.name} ends while it starts, or at its first request.",
            f"{needs}; there is no {program} on the machine, and the packages hold no whole CUDA toolkit{brought}.",
            fix, source,
        )  # fmt: skip


def _need(stack: Stack) -> Mapping[str, Any] | None:
    """The row that says which compiler this release of the engine needs."""
    engine = stack.engine
    if engine is None or engine.source == "image":
        return None
    for row in table("needs")["engines"]:
        within = f">={row['since']}" + (f",<{row['until']}" if "until" in row else "")
        if "program" in row and row["engine"] == engine.name and fits(engine.version, within):
            found: Mapping[str, Any] = row
            return found
    return None


def _finding(stack: Stack, severity: str, *sentences: str) -> Finding:
    """`sentences`: summary, evidence, fix and source."""
    summary, evidence, fix, source = sentences
    line = stack.launch.line if stack.launch else None
    return Finding("system-library", severity, _STAGE, "CUDA toolkit", summary, evidence, fix, source, line)
