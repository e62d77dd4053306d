"""Whether an engine that compiles kernels when it starts has something to compile them with. Checks by names only.

Speaks of stacks whose packages are all known: what a script leaves behind has its own findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, Stack
from installer.knowledge import drivers, toolkits
from installer.knowledge.engines.definitions import engine_package
from installer.knowledge.tables import table
from installer.knowledge.versions import fits

_STAGE = 10
_FIX = "Use an image with the CUDA toolkit (a -devel tag), or a recipe whose packages contain a complete one."

_OWN = "Use the toolkit among the packages: `--set {}`."


def check(stack: Stack, facts: MachineFacts, lookups: Lookups) -> Iterator[Finding]:
    """The CUDA compiler of an engine that is known to need one."""
    row = _need(stack)
    if not stack.toolkit or row is None or facts.gpus == ():
        return
    versions = {name: placed.version for name, placed in stack.packages.items()}
    brought = toolkits.among(versions) is not None
    if not brought or stack.toolkit == "machine":
        why = "the recipe uses the machine's toolkit" if brought else toolkits.why_none(versions)
        setting = "environment.toolkit=wheels" if brought else ""
        for finding in _of_the_machine(stack, facts, row, why):
            missing = finding.severity == Severity.BLOCKER
            yield replace(finding, setting=setting, fix=_OWN.format(setting)) if setting and missing else finding


def _of_the_machine(stack: Stack, facts: MachineFacts, row: Mapping[str, Any], why: str) -> Iterator[Finding]:
    """`why` it is the machine's turn."""
    program, engine = row["program"], engine_package(stack)
    source = str(table("needs")["sources"][row["source"]])
    assert engine is not None
    needs = f"{engine.name} {engine.version} compiles kernels when it starts and at its first request; {why}"
    version = facts.tools.get(program)
    if program not in facts.tools:
        yield _finding(
            stack, Severity.PROBE,
            f"Whether the machine has {program} is not known; {engine.name} does not run without it.",
            f"{needs}.", "Run `deploy-tui doctor --json` on that machine for its machine file.", source,
        )  # fmt: skip
    elif version is None:
        yield _finding(
            stack, Severity.BLOCKER,
            f"{program} is missing: {engine.name} fails at start-up or at its first request.",
            f"{needs}, and there is no {program} on the machine.", _FIX, source,
        )  # fmt: skip
    elif (driver := facts.driver and facts.driver.version) and drivers.compatibility(
        driver, version
    ) == drivers.TOO_OLD:
        yield _finding(
            stack, Severity.PROBE, f"Whether the driver runs code compiled by {program} is not known.",
            f"{needs}. The machine's {program} is of CUDA {version}; the driver {driver} supports only older releases.",
            "Use an image with an older CUDA toolkit.", source,
        )  # fmt: skip


def _need(stack: Stack) -> Mapping[str, Any] | None:
    """The row that says which compiler this release of the engine needs."""
    engine = engine_package(stack)
    if engine is None or engine.source == "image":
        return None
    for row in table("needs")["engines"]:
        within = f">={row['since']}" + (f",<{row['until']}" if "until" in row else "")
        if "program" in row and row["engine"] == engine.name and fits(engine.version, within):
            found: Mapping[str, Any] = row
            return found
    return None


def _finding(stack: Stack, severity: Severity, *sentences: str) -> Finding:
    """`sentences`: summary, evidence, fix and source."""
    summary, evidence, fix, source = sentences
    line = stack.launch.line if stack.launch else None
    return Finding(
        code=Code.SYSTEM_LIBRARY,
        severity=severity,
        stage=_STAGE,
        subject="CUDA toolkit",
        summary=summary,
        evidence=evidence,
        fix=fix,
        source=source,
        line=line,
    )
