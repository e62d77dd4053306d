"""A few deaths of a watched server in a row; `python -m tests.faults.deaths --count 100` for many."""

from __future__ import annotations

from pathlib import Path

from installer.core.runs.home import Home
from tests.faults.deaths import in_a_row


def test_five_in_a_row(tmp_path: Path) -> None:
    deaths = list(in_a_row(Home(tmp_path), 7, range(1, 6)))
    assert [death.broken for death in deaths if death.broken] == []
    assert len(deaths) == 5
