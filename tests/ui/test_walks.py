"""The whole path, with keys alone and with the mouse alone: plan, recipes, run, failure, retry, serve, history."""

from __future__ import annotations

from dataclasses import replace

from textual.pilot import Pilot
from textual.widgets import Button, DataTable, Footer

from installer.ui.screens.choose import ChooseScreen
from installer.ui.screens.end import EndScreen
from installer.ui.screens.help import HelpScreen
from installer.ui.screens.history import HistoryScreen
from installer.ui.screens.log import LogScreen
from installer.ui.screens.review import ReviewScreen
from installer.ui.screens.serve import ServeScreen
from installer.ui.widgets.title import MODES, TitleBar
from tests.ui.frozen import frozen, reviewed, text_of, until
from tests.ui.record_journals import START
from tests.ui.replay import READY, ReplaySession, recorded
from tests.ui.test_modes import KEPT, RUNS

SIZE = (120, 40)


def session() -> ReplaySession:
    """A run that fails, in a home whose server answers."""
    return ReplaySession(
        "failed-stage-7", live=True, served=replace(READY, started_at=START - 60), summaries=RUNS, kept=KEPT
    )


async def shown(pilot: Pilot[None], screen: type[object], *words: str) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, screen) and all(w in text_of(pilot.app) for w in words))


async def failed(pilot: Pilot[None], talk: ReplaySession) -> None:
    """The run that was started has failed, and that is shown."""
    await shown(pilot, EndScreen, "✗ failed", "rolled back")
    talk.entries = recorded("success-stand-in")


async def test_with_keys_alone() -> None:
    talk = session()
    app = frozen(talk)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("question_mark")
        await shown(pilot, HelpScreen, "help")
        await pilot.press("escape", "r")
        await shown(pilot, ChooseScreen, "all checked")
        await pilot.press("enter")
        await shown(pilot, ReviewScreen, "✓ works")
        await pilot.press("enter")
        await failed(pilot, talk)
        await pilot.press("l")
        await shown(pilot, LogScreen)
        await pilot.press("escape", "r")
        await shown(pilot, EndScreen, "ask again")
        await pilot.press("2")
        await shown(pilot, ServeScreen, "✓ ready")
        await pilot.press("c", *"Hi", "enter")
        await shown(pilot, ServeScreen, "3 tokens")
        await pilot.press("escape", "3")
        await shown(pilot, HistoryScreen, "2 runs", "5.2 GB")
        await pilot.press("1", "escape")
        await shown(pilot, ReviewScreen)
        await pilot.press("q")
    assert app.return_code == 0 and talk.called("start") == 2 and talk.asked == ["Hi"]


async def test_with_the_mouse_alone() -> None:
    talk = session()
    app = frozen(talk)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await press(pilot, "help")
        await shown(pilot, HelpScreen, "help")
        await pilot.click(offset=(1, 1))  # beside it
        await shown(pilot, ReviewScreen)
        await press(pilot, "recipes")
        await shown(pilot, ChooseScreen, "all checked")
        for _ in range(2):  # the first looks at it, the second takes it
            await pilot.click(DataTable, offset=(10, 1))
        await shown(pilot, ReviewScreen, "✓ works")
        await press(pilot, "deploy")
        await failed(pilot, talk)
        await press(pilot, "retry")
        await shown(pilot, EndScreen, "ask again")
        await place(pilot, "serve")
        await shown(pilot, ServeScreen, "✓ ready")
        await pilot.click("#--content-tab-examples")
        await shown(pilot, ServeScreen, "curl -s http://x")
        await press(pilot, "stop")
        await until(pilot, lambda: bool(pilot.app.screen.query(Button)))
        await pilot.click("#no")
        await place(pilot, "history")
        await shown(pilot, HistoryScreen, "2 runs")
        await press(pilot, "failed")
        await until(pilot, lambda: pilot.app.screen.query_one("#run-table", DataTable).row_count == 1)
        await place(pilot, "deploy")
        await press(pilot, "quit")
    assert talk.called("start") == 2 and not talk.called("stop_server")


async def press(pilot: Pilot[None], words: str) -> None:
    """Click a key in the footer, by what it says."""
    await until(pilot, lambda: any(words in str(key.description) for key in pilot.app.screen.query("FooterKey")))  # type: ignore[attr-defined]
    for key in pilot.app.screen.query_one(Footer).query("FooterKey"):
        if key.description == words:  # type: ignore[attr-defined]
            await pilot.click(key)
            return
    raise AssertionError(f"no key says {words}")


async def place(pilot: Pilot[None], name: str) -> None:
    """Click a place in the first line."""
    line = text_of(pilot.app).splitlines()[0]
    await pilot.click(pilot.app.screen.query_one(TitleBar), offset=(line.index(MODES[name]) + 1, 0))
