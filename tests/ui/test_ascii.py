"""The screen where the locale has no more than ASCII: every cell is one, and every state keeps its own sign."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from rich.cells import cell_len

from installer.ui import ascii as letters
from installer.ui.ascii import plain_letters
from installer.ui.marks import SERVER, SEVERITIES, STATES, VERDICTS
from tests.ui.frozen import frozen, running, text_of
from tests.ui.replay import ONE_GPU, ReplaySession


@pytest.mark.parametrize("text", ["✓ done ━━╸──", "模型 ok", "é", "╭─ log ─╮", "▁▂▃▄▅▆▇█"])
def test_one_cell_stays_one_cell(text: str) -> None:
    shown = plain_letters(text)
    assert shown.isascii() and cell_len(shown) == cell_len(text)


def test_every_mark_of_ours_has_a_letter_of_its_own() -> None:
    marks = {look.symbol for table in (STATES, SEVERITIES, VERDICTS, SERVER) for look in table.values()}
    shown = {symbol: plain_letters(symbol) for symbol in marks}
    assert len(set(shown.values())) == len(marks) and "?" not in {shown[s] for s in marks if s != "?"}


@pytest.mark.parametrize(
    ("environment", "ascii_only"),
    [
        ({}, False),
        ({"LANG": ""}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "POSIX"}, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "xx_XX.UTF-8"}, False),
        ({"LC_ALL": "xx_XX.utf8"}, False),
        ({"LC_ALL": "xx_XX.ISO-8859-1"}, True),
        ({"LC_CTYPE": "C.UTF-8"}, False),
    ],
)
def test_who_chose_a_locale_of_ascii_gets_ascii(environment: dict[str, str], ascii_only: bool) -> None:
    """Also as the real program sees it, whose Python may have changed LC_CTYPE before the first line of ours."""
    assert letters.wanted(environment) is ascii_only
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONIO"))}
    asked = "from installer.ui.ascii import wanted; print(wanted())"
    told = subprocess.run(
        [sys.executable, "-c", asked], env=bare | environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == str(ascii_only)


async def test_the_whole_screen_is_drawn_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "wanted", lambda: True)
    monkeypatch.setattr("installer.ui.app.ascii_wanted", lambda: True)
    app = frozen(ReplaySession("running-stage-6", attached=True, live=True, reading=ONE_GPU))
    async with app.run_test(size=(120, 40)) as pilot:
        await running(pilot)
        await pilot.pause()
        assert text_of(app).isascii() and "+ cuda: done" in text_of(app) and "#" not in "".join(
            text_of(app).splitlines()[:1]
        )  # fmt: skip
