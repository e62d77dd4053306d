"""Environment variables of a launch whose value the release refuses, so that the server does not start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import takewhile
from typing import Any

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts
from installer.core.text.numbers import is_whole
from installer.knowledge.engines.replacements import table
from installer.knowledge.versions import fits


def findings(launch: Launch, known: EngineFacts) -> Iterator[Finding]:
    """A blocker for each value that ends the start. A variable that the release does not read is not judged here."""
    for row in table()["values"]:
        given = launch.environment.get(row["variable"], "")
        if row["engine"] != known.engine or row["variable"] not in known.variables or not _refused(given, row):
            continue
        if fits(known.version, row["versions"]):
            yield _finding(row, given, launch, known)


def _refused(given: str, row: Mapping[str, Any]) -> bool:
    if not given or "\0" in given:
        return False
    if row.get("kind") == "int":
        return not is_whole(given.strip())
    return given in row["refused"] if "refused" in row else given not in row["allowed"]


def _alike(one: str, other: str) -> int:
    """Characters that both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _finding(row: Mapping[str, Any], given: str, launch: Launch, known: EngineFacts) -> Finding:
    name = f"{row['variable']}={given}"
    close = max(
        get_close_matches(given.upper(), row.get("allowed", ()), 5, 0.7),
        key=lambda one: _alike(one, given.upper()), default="",
    )  # fmt: skip
    return Finding(
        code=Code.FLAG_VALUE, severity=Severity.BLOCKER, stage=10, subject=name,
        summary=f"{known.engine} {known.version} refuses to start with {name}: {row['why']}.",
        evidence=f"The launch is given {name}, and {known.engine} reads {row['variable']} when it starts.",
        fix=f"Write {row['variable']}={close}." if close else str(row["fix"]),
        source=str(table()["sources"][row["source"]]), line=launch.line, variable=str(row["variable"]),
    )  # fmt: skip
