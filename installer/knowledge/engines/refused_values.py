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
from installer.core.text.quantities import first
from installer.knowledge.engines import variable_formats
from installer.knowledge.engines.replacements import table
from installer.knowledge.versions import fits

_ASKED = {"int": "a whole number", "float": "a number", "one": "one of {words}", "many": "some of {words}"}
_TOLD = 8


def findings(launch: Launch, known: EngineFacts) -> Iterator[Finding]:
    """A finding for each value that the release refuses; what it does not read, or reads any way, is not checked."""
    assessed = set[str]()
    for row in table()["values"]:
        given = launch.environment.get(row["variable"], "")
        if row["engine"] != known.engine or row["variable"] not in known.variables:
            continue
        if fits(known.version, row["versions"]):
            assessed.add(row["variable"])
            if _refused(given, row):
                yield _finding(row, given, launch, known)
    for name, given in launch.environment.items():
        kind = known.formats.get(name, "")
        if kind and given and "\0" not in given and name not in assessed and not variable_formats.takes(kind, given):
            yield _of_a_format(name, given, kind, launch, known)


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
        evidence=f"The launch sets {name}, and {known.engine} reads {row['variable']} when it starts.",
        fix=f"Write {row['variable']}={close}." if close else str(row["fix"]),
        source=str(table()["sources"][row["source"]]), line=launch.line, variable=str(row["variable"]),
    )  # fmt: skip


def _of_a_format(name: str, given: str, kind: str, launch: Launch, known: EngineFacts) -> Finding:
    """Blocks where the release reads it whenever it starts; elsewhere it ends where it is used, or is passed over."""
    if kind.endswith(variable_formats.DEFAULT):
        return _passed_over(name, given, kind, launch, known)
    sort, _, rest = kind.removesuffix(variable_formats.START).strip().partition(" ")
    words = rest.split("|") if rest else []
    must = _ASKED[sort.rstrip("~")].format(words=first(words, _TOLD))
    close = next(iter(get_close_matches(given, words, 1, 0.6)), "")
    always = kind.endswith(variable_formats.START)
    what = "refuses to start with" if always else "fails with a ValueError as soon as it uses"
    return Finding(
        code=Code.FLAG_VALUE, severity=Severity.BLOCKER if always else Severity.WARNING, stage=10,
        subject=f"{name}={given}", summary=f"{known.engine} {known.version} {what} {name}={given}: it must be {must}.",
        evidence=f"The launch sets {name}={given}, and the release converts it to {must}.",
        fix=f"Write {name}={close}." if close else f"Write {must}, or leave {name} out.",
        source=known.source, line=launch.line, variable=name,
    )  # fmt: skip


def _passed_over(name: str, given: str, kind: str, launch: Launch, known: EngineFacts) -> Finding:
    sort, _, rest = kind.removesuffix(variable_formats.DEFAULT).strip().partition(" ")
    must = _ASKED[sort.rstrip("~")].format(words=first(rest.split("|"), _TOLD))
    return Finding(
        code=Code.FLAG_VALUE, severity=Severity.WARNING, stage=10, subject=f"{name}={given}",
        summary=f"{known.engine} {known.version} does not understand {name}={given}, and uses its default.",
        evidence=f"The release expects {must} and says so in a warning when it reads the variable.",
        fix=f"Write {must}, or leave {name} out.", source=known.source, line=launch.line, variable=name,
    )  # fmt: skip
