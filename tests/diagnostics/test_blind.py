"""Logs that nobody had explained before are explained by now, and what the first look at them found is on record.

A figure of a first look is a record: it was measured once and cannot be measured again.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.diagnostics.blind.sets import SETS, Assessed, assessed

PAGE = Path(__file__).parents[2] / "docs" / "evidence" / "explain.md"


@cache
def results(name: str) -> tuple[Assessed, ...]:
    return tuple(assessed(name))


@pytest.mark.parametrize("name", SETS)
def test_each_log_of_a_set_is_explained_by_now(name: str) -> None:
    assert [(one.source, one.wrong) for one in results(name) if one.wrong] == []


@pytest.mark.parametrize("name", SETS)
def test_no_set_is_told_anything_wrong_as_a_fact(name: str) -> None:
    assert [one.source for one in results(name) if one.wrong_fact and not one.healthy] == []


@pytest.mark.parametrize("name", SETS)
def test_the_page_tells_how_large_each_set_is(name: str) -> None:
    row = re.search(rf"^\| {name} \|.*$", PAGE.read_text(encoding="utf-8"), re.M)
    failures = sum(not one.healthy for one in results(name))
    healthy = len(results(name)) - failures
    assert row and f"of {failures} |" in row[0] and f"of {healthy} |" in row[0]
