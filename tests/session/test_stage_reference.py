from __future__ import annotations

from pathlib import Path

from installer.session.stage_reference import FILE, table, written
from stages import STAGES

TEXT = (Path(__file__).parents[2] / FILE).read_text(encoding="utf-8")


def test_the_table_is_not_stale() -> None:
    assert written(TEXT) == TEXT, "run `python -m installer.session.stage_reference` in the checkout"


def test_every_stage_has_a_row_and_a_paragraph() -> None:
    rows = list(table(STAGES))[2:]
    assert [row.split(" | ")[0] for row in rows] == [f"| {stage.number}" for stage in STAGES]
    headings = [line for line in TEXT.splitlines() if line.startswith("## ") and line[3].isdigit()]
    assert headings == [f"## {stage.number} {stage.name}" for stage in STAGES]


def test_a_change_of_a_stage_makes_it_stale() -> None:
    assert written(TEXT, STAGES[:-1]) != TEXT
    assert written(written(TEXT, STAGES[:-1])) == TEXT
