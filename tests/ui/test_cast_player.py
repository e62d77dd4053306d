"""A recording of a terminal is played with the keys of a replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.cli import main
from installer.core.runs.cast import Cast, Shown, written
from installer.ui.cast_player import CastApp
from tests.ui.frozen import until

CAST = Cast(40, 5, 1000.0, "a run", (
    Shown(0.0, "o", "\x1b[1mfirst [/foo]\x1b[0m\r\n"), Shown(1.0, "m", "1 cuda"), Shown(1.0, "o", "second\r\n"),
    Shown(30.0, "m", "2 environment"), Shown(30.0, "o", "third\r\n"), Shown(60.0, "m", "failed in stage 2"),
    Shown(60.0, "o", "it failed\r\n"), Shown(70.0, "x", "1"),
))  # fmt: skip


def text_of(app: CastApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips(app.size))


async def test_it_is_gone_through_by_its_marks() -> None:
    app = CastApp(CAST, "t.cast", speed=1.0, at=0.0)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "first [/foo]" in text_of(app) and "playing" in text_of(app))
        await pilot.press("space")
        await until(pilot, lambda: "paused" in text_of(app))
        await pilot.press("x")
        await until(pilot, lambda: "it failed" in text_of(app) and "failed in stage 2" in text_of(app))
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "third" in text_of(app) and "it failed" not in text_of(app))
        await pilot.press("0")
        await until(pilot, lambda: "third" not in text_of(app) and "0:00 of 1:10" in text_of(app))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "second" in text_of(app))
        await pilot.press("end")
        await until(pilot, lambda: "■ end" in text_of(app))
        await pilot.press("q")


def test_without_a_screen_it_prints_what_was_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "t.cast"
    file.write_text(written(CAST))
    assert main(["replay", str(file), "--home", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split("\n")[:4] == ["first [/foo]", "second", "third", "it failed"]
    assert main(["replay", str(file), "--home", str(tmp_path), "--from", "environment", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"][-1] == "third" and [mark["name"] for mark in told["marks"]][-1] == "failed in stage 2"


@pytest.mark.parametrize("content", ["", "GIF89a", '{"version": 2}', '{"version": 3}\n["a", "b", "c"]', None])
def test_a_bad_one_is_status_2(tmp_path: Path, content: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "t.cast"
    if content is not None:
        file.write_text(content)
    assert main(["replay", str(file), "--home", str(tmp_path)]) == 2
    assert "cannot be replayed" in capsys.readouterr().err
