"""What came of each case, kept beside the cases, so that the table in the documents can be held to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.corpus.cases import Answer, Run

FILE = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Result:
    verdict: str
    foreseen: bool
    """Whether the verdict is one of those that are right."""
    cause: bool
    """Whether every finding that should come came, with the word that shows the right cause."""
    alarms: tuple[str, ...]
    """Codes of blockers that are wrong."""
    noise: tuple[str, ...]
    """Codes of what a good stack is bothered with beyond information."""
    uv: str
    """What `uv pip compile` alone says of the same requirements: "solved", "refused" or "nothing to solve"."""


def result(run: Run, answer: Answer, uv: str) -> Result:
    return Result(
        verdict=answer.verdict,
        foreseen=answer.verdict in run.verdicts,
        cause=not run.missed(answer),
        alarms=tuple(sorted({finding["code"] for finding in run.false_alarms(answer)})),
        noise=tuple(sorted({finding["code"] for finding in run.noise(answer)})),
        uv=uv,
    )


def keep(results: Mapping[str, Result]) -> None:
    rows = {key: asdict(value) for key, value in results.items()}
    FILE.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def kept() -> dict[str, Result]:
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        key: Result(**{**row, "alarms": tuple(row["alarms"]), "noise": tuple(row["noise"])})
        for key, row in rows.items()
    }


def wrong(runs: Sequence[Run], results: Mapping[str, Result]) -> list[str]:
    """Where the product does not say what it should; a soft case is counted in the table and forgiven here."""
    return [run.key for run in runs if not run.soft and not _well(results[run.key])]


def _well(found: Result) -> bool:
    return found.foreseen and found.cause and not found.alarms
