"""Environment variables of a launch that the release does not read: they are set, and do nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts, Stack
from installer.knowledge.engines import intervals, shipped
from installer.knowledge.engines.replacements import table

_STAGE = 10


def findings(launch: Launch, known: EngineFacts, stack: Stack) -> Iterator[Finding]:
    """A warning for each variable that is meant for an engine, and that this release of it does not read."""
    for name in launch.environment:
        row = _row(name, known.engine)
        if name in known.variables or not (row or _meant(name, known, stack)):
            continue
        history = shipped.variable_history(known.engine).get(name)
        if history and not shipped.knowledge_engine(known.engine, known.version):
            continue  # a release that was not searched; another one reads it
        yield _finding(name, history, row, launch, known)


def _meant(name: str, known: EngineFacts, stack: Stack) -> bool:
    """Whether a variable's name says that it is for an engine, and not for one that is installed next to it."""
    for engine, prefixes in table()["prefixes"].items():
        if name.startswith(tuple(prefixes)):
            return bool(engine == known.engine or engine not in stack.packages)
    return False


def _row(name: str, engine: str) -> Mapping[str, Any]:
    rows = table()["variables"]
    return next((row for row in rows if row["variable"] == name and row["engine"] == engine), {})


def _finding(name: str, history: str | None, row: Mapping[str, Any], launch: Launch, known: EngineFacts) -> Finding:
    read = intervals.in_words(history) if history else ""
    evidence = f"It was read in releases {read}" if history else f"No release of {known.engine} reads it"
    return Finding(
        code=Code.FLAG_UNKNOWN, severity=Severity.WARNING, stage=_STAGE, subject=name,
        summary=f"{known.engine} {known.version} does not read {name}: setting it has no effect.",
        evidence=f"{evidence}; {row['why']}." if row else f"{evidence}.",
        fix=str(row.get("fix", "Remove it, and use the flag with that effect instead.")),
        source=str(table()["sources"].get(row.get("source", ""), known.source)), line=launch.line,
    )  # fmt: skip
