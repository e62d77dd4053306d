"""Logs as they come, with their wrappers, consequences and noise: what is told first is right, and nobody is accused.

The table in docs/evidence/explain.md is what these logs measure.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from installer.diagnostics.explain import SURE, Explanation, explain
from installer.diagnostics.symptoms import TABLES, catalogue
from installer.knowledge import tables
from tests.diagnostics.fixtures import Case, cases, is_wrong_fact

CASES = cases()
PAGE = Path(__file__).parents[2] / "docs" / "evidence" / "explain.md"
START, END = "<!-- measured -->\n", "<!-- end -->\n"


@cache
def told(number: int) -> Explanation:
    return CASES[number].explained()


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: CASES[number].name)
def test_each_log_is_explained(number: int) -> None:
    assert CASES[number].wrong(told(number)) == []


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.wanted not in ("nothing", "root")][::4], ids=lambda c: c.name
)
def test_a_log_says_the_same_in_the_middle_of_a_long_one(case: Case) -> None:
    noise = [
        f"INFO 01-01 00:00:00 [loggers.py:257] Engine 000: Avg prompt throughput: {number} tokens/s, Running: 3 reqs"
        for number in range(40_000)
    ]
    lines = [*noise, *case.log.rstrip("\n").split("\n"), *noise[:200]]

    long, short = explain(lines), case.explained()

    assert long.root is not None and short.root is not None
    assert long.root.line == short.root.line + len(noise)
    assert [one.id for one in long.candidates[:1]] == [one.id for one in short.candidates[:1]]


def test_what_is_told_as_a_fact_is_right() -> None:
    """The measured share of each band of confidence is at least what the band says."""
    bands: dict[bool, list[bool]] = {True: [], False: []}
    for number, case in enumerate(CASES):
        for one in told(number).candidates[:1]:
            bands[one.confidence >= SURE].append(one.id == case.wanted)
    assert sum(bands[True]) / len(bands[True]) >= 0.95
    assert not bands[False] or sum(bands[False]) / len(bands[False]) >= 0.5


def near_misses() -> int:
    """How often a row's signature finds something in a log that is about something else."""
    return sum(
        1
        for case in CASES
        for symptom in catalogue()
        if symptom.id != case.wanted
        and not symptom.note
        and any(symptom.signature.search(line) for line in case.log.split("\n"))
    )


def _share(numbers: list[int], sure: bool) -> str:
    """How many of the first candidates of one band are right."""
    first = [(told(number).candidates[0], CASES[number]) for number in numbers if told(number).candidates]
    band = [one.id == case.wanted for one, case in first if (one.confidence >= SURE) == sure]
    return f"{sum(band)} of {len(band)}"


def measured() -> str:
    rows = [row for name in TABLES for row in tables.table(f"symptoms/{name}")["symptoms"]]
    failures = [number for number, case in enumerate(CASES) if case.wanted not in ("nothing", "root")]
    unknown = [number for number, case in enumerate(CASES) if case.wanted == "root"]
    healthy = [number for number, case in enumerate(CASES) if case.wanted == "nothing"]
    right = [number for number in failures if not CASES[number].wrong(told(number))]
    found = [number for number in unknown if not CASES[number].wrong(told(number))]
    accused = [number for number in healthy if CASES[number].wrong(told(number))]
    facts = [number for number, case in enumerate(CASES) if is_wrong_fact(case, told(number))]
    lines = [
        ("rows of the catalogue", len(rows)),
        (
            "of them known by more than an example: rows with a log of their own",
            len({CASES[n].wanted for n in failures}),
        ),
        ("logs of failures that a row knows", len(failures)),
        ("right first", f"{len(right)} ({100 * len(right) // len(failures)} %)"),
        ("near-misses: a row's signature in a log about something else, and not told first", near_misses()),
        ("logs that no row can know, and the line that says why was found", f"{len(found)} of {len(unknown)}"),
        ("told as a fact (from 0.8 on), and right", _share(failures, True)),
        ("told as likely or perhaps, and right", _share(failures, False)),
        ("wrong facts", len(facts)),
        ("healthy logs accused", f"{len(accused)} of {len(healthy)}"),
    ]
    body = "\n".join(f"| {name} | {value} |" for name, value in lines)
    return f"| measured by the tests | |\n|---|---|\n{body}\n"


def test_the_table_in_the_docs_is_what_was_measured() -> None:
    page = PAGE.read_text(encoding="utf-8")
    table = page.split(START)[1].split(END)[0]
    assert table == measured(), f"put this between the marks of {PAGE.name}:\n{measured()}"
