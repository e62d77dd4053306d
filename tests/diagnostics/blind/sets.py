"""Logs of public threads that nobody had explained before: what must be said of each was written down first.

A set is checked like a person would: the line that says why, then whether the first cause names what it must.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from installer.diagnostics.explain import SURE, Explanation, explain
from installer.diagnostics.wording import Candidate

LIKELY = 0.5
"""From this confidence on a cause is more than a guess, which is too much where a log is of something unknown."""
FOLDER = Path(__file__).parent
SETS = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@dataclass(frozen=True)
class Assessed:
    """One log, and what is wrong with what was said of it."""

    number: int
    source: str
    healthy: bool
    told: Explanation
    wrong: tuple[str, ...]
    loosely: bool
    """Whether the cause is right where the line that it shows counts as said, too."""

    @property
    def root_found(self) -> bool:
        return not any(word.startswith("root") for word in self.wrong)

    @property
    def right(self) -> bool:
        return not [word for word in self.wrong if not word.startswith("root")]

    @property
    def wrong_fact(self) -> bool:
        return not self.loosely and bool(self.told.candidates) and self.told.candidates[0].confidence >= SURE


def assessed(name: str) -> list[Assessed]:
    rows = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return [_assess(number, row) for number, row in enumerate(rows)]


def _assess(number: int, row: dict[str, Any]) -> Assessed:
    told = explain(row["log"].split("\n"))
    wrong = tuple(_accused(told) if row.get("healthy") else _wrong(row, told))
    loosely = bool(told.candidates) and not list(_unsaid(row, told.candidates[0], evidence=True))
    loosely = loosely or ("words" not in row and not wrong)
    return Assessed(number, row["source"], bool(row.get("healthy")), told, wrong, loosely)


def _accused(told: Explanation) -> Iterator[str]:
    if told.candidates or (told.root and not told.root.recovered):
        yield f"accused of {told.candidates[0].id if told.candidates else told.root}"


def _wrong(row: dict[str, Any], told: Explanation) -> Iterator[str]:
    text = told.root.text if told.root else ""
    if row["root"].lower() not in text.lower():
        yield f"root is {text!r}"
    if "words" not in row:
        yield from (f"{one.id} is told of what nobody knows" for one in told.candidates if one.confidence >= LIKELY)
        return
    if not told.candidates:
        yield "no cause"
        return
    yield from _unsaid(row, told.candidates[0], evidence=False)


def _unsaid(row: dict[str, Any], first: Candidate, *, evidence: bool) -> Iterator[str]:
    """What a cause does not say, in its own words or with the line that it shows as `evidence`."""
    kept = asdict(first) if evidence else {**asdict(first), "evidence": ""}
    said = json.dumps(kept, ensure_ascii=False).lower()
    for group in row.get("words", ()):
        if not any(word.lower() in said for word in group):
            yield f"{first.id} ({first.confidence}) says none of {group}"
    yield from (f"{first.id} says {word}" for word in row.get("never", ()) if word.lower() in said)


def tallies(results: list[Assessed]) -> dict[str, str]:
    failures = [one for one in results if not one.healthy]
    healthy = [one for one in results if one.healthy]
    facts = [one for one in failures if one.told.candidates and one.told.candidates[0].confidence >= SURE]
    return {
        "line": f"{sum(one.root_found for one in failures)} of {len(failures)}",
        "cause": f"{sum(one.loosely for one in failures)} of {len(failures)}",
        "in its own words": f"{sum(one.right for one in failures)} of {len(failures)}",
        "another": str(sum(not one.loosely and bool(one.told.candidates) for one in failures)),
        "none": str(sum(not one.told.candidates for one in failures)),
        "wrong facts": f"{sum(one.wrong_fact for one in failures)} of {len(facts)}",
        "accused": f"{sum(bool(one.wrong) for one in healthy)} of {len(healthy)}",
    }
