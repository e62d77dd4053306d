"""The screen where the locale has no more than ASCII: every cell is one, and every state keeps its own sign."""

from __future__ import annotations

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
