"""Packages that a launch requires by an option, a variable or its weights, and that nothing installs. Pure.

An engine names them nowhere in its metadata: it imports them when it is told to use them, and ends. Checks only an
environment whose packages are all known; those of an image are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, Placed, Stack
from installer.knowledge import packages, tables
from installer.knowledge.engines import definitions, launch_reader
from installer.knowledge.versions import fits


def check(stack: Stack, facts: MachineFacts, lookups: Lookups) -> Iterator[Finding]:
    engine = definitions.engine_package(stack)
    if (
        stack.launch is None
        or engine is None
        or engine.source == "image"
        or not packages.having("brought") & stack.packages.keys()
    ):
        return
    for row, asked in _rows(stack, engine):
        if not stack.packages.keys() & set(row["packages"]):
            yield _finding(row, asked, stack, engine)


def requested(stack: Stack) -> frozenset[str]:
    """The packages that a launch requires, whether they are there or not."""
    engine = definitions.engine_package(stack)
    rows = _rows(stack, engine) if stack.launch and engine else ()
    return frozenset(name for row, _ in rows for name in row["packages"])


def _rows(stack: Stack, engine: Placed) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each row about this launch, with what requires its packages."""
    for row in tables.table("needs")["asked"]:
        if stack.launch and row.get("engine", stack.launch.engine) == stack.launch.engine:
            asked = _asked(row, stack)
            if asked and _applies(row, stack, engine):
                yield row, asked


def _asked(row: Mapping[str, Any], stack: Stack) -> str:
    """What requires it, as it is written; empty: nothing does."""
    launch, method = stack.launch, stack.model.quantization if stack.model else ""
    for name in row.get("variables", ()):
        value = launch.environment.get(name, "") if launch else ""
        if value and re.search(row["value"], value):
            return f"{name}={value}"
    for use in launch_reader.of(stack).uses:
        if set(row.get("options", ())) & {use.word, *(use.flag.names if use.flag else ())}:
            found = next((value for value in use.values if re.search(row["value"], value)), "")
            if found:
                return f"{use.word} {found}"
    return f"weights quantized with {method}" if method and method in row.get("weights", ()) else ""


def _applies(row: Mapping[str, Any], stack: Stack, engine: Placed) -> bool:
    """Whether the row is about these releases, and of a model that has to be fetched where it is about that."""
    companions = {name: stack.packages[name].version for name in row.get("beside", {}) if name in stack.packages}
    known = all(name in companions and fits(companions[name], spec) for name, spec in row.get("beside", {}).items())
    fetched = not row.get("fetching") or bool(stack.launch and re.fullmatch(r"[\w.-]+/[\w.-]+", stack.launch.model))
    return known and fetched and bool(fits(engine.version, row.get("versions", ">=0")))


def _finding(row: Mapping[str, Any], asked: str, stack: Stack, engine: Placed) -> Finding:
    name = row["packages"][0]
    return Finding(
        code=Code.MISSING_MODULE, severity=Severity.BLOCKER, stage=7, subject=name,
        summary=f"{name} is missing, but the launch requires it ({asked}): {row['why']}.",
        evidence=f"No package of this environment requires {name}, and nothing installs it.",
        fix=f"Install {name} with {engine.name}, or leave it out: {asked}.",
        source=str(tables.table("needs")["sources"][row["source"]]),
        line=stack.launch.line if stack.launch else None, package=name,
    )  # fmt: skip
