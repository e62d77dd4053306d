"""What the screen shows of a run is written down beside its journal, with a mark for each stage, to its end."""

from __future__ import annotations

import asyncio
from pathlib import Path

from installer.core.runs.cast import Cast, parse
from installer.core.text.plain import clean
from installer.ui.app import DeployApp
from tests.ui.replay import ReplaySession


async def filmed(session: ReplaySession, *keys: str) -> Cast | None:
    app = DeployApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        for _ in range(400):
            await pilot.pause(0.05)
            if app.board.run is not None and app.board.run.over and app._filming is None:
                break
        for key in keys:
            await pilot.press(key)
    files = list(Path(session.home.root).rglob("terminal.cast"))
    return parse(files[0].read_text(encoding="utf-8")) if files else None


def test_a_failed_run_is_filmed_to_the_screen_that_says_why(tmp_path: Path) -> None:
    made = asyncio.run(filmed(ReplaySession("failed-stage-7", attached=True, speed=30.0)))
    assert made is not None and (made.columns, made.rows) == (100, 30)
    names = [one.text for one in made.marks]
    assert names[-1] == "failed in stage 7" and [name.split()[0] for name in names[:-1]] == list("1234567")
    assert made.events[-1].kind == "x" and made.events[-1].text == "1"
    text = clean("\n".join(one.text for one in made.events))
    assert "7 engine" in text and "could not be installed" in text


def test_an_earlier_run_that_is_looked_at_is_not(tmp_path: Path) -> None:
    async def looked() -> list[Path]:
        session = ReplaySession("failed-stage-7")
        app = DeployApp(session)
        async with app.run_test(size=(100, 30)) as pilot:
            app.router.deploying.follow(session._run)
            for _ in range(200):
                await pilot.pause(0.05)
                if app.board.run is not None and app.board.run.over:
                    break
            assert app._filming is None
        return list(session.home.root.rglob("terminal.cast"))

    assert not asyncio.run(looked())


def test_another_place_is_not_filmed_while_a_run_goes_on() -> None:
    async def looked() -> str:
        session = ReplaySession("running-stage-6", attached=True, live=True)
        app = DeployApp(session)
        async with app.run_test(size=(100, 30)) as pilot:
            for _ in range(200):
                await pilot.pause(0.05)
                files = list(Path(session.home.root).rglob("terminal.cast"))
                if files and "stages" in files[0].read_text(encoding="utf-8"):
                    break
            app.go("serve")
            for _ in range(30):
                await pilot.pause(0.1)
            assert app._filming is not None
        files = list(Path(session.home.root).rglob("terminal.cast"))
        return clean("\n".join(one.text for one in parse(files[0].read_text(encoding="utf-8")).events))

    shown = asyncio.run(looked())
    assert "stages" in shown and "chat" not in shown
