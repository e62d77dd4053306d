"""At rest nothing runs: what comes every second reaches only what is in view, and no timer ticks for what is past."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from installer.ui.app import DeployApp
from installer.ui.screens.end import EndScreen
from installer.ui.screens.review import ReviewScreen
from installer.ui.screens.serve import ServeScreen
from tests.ui.frozen import ended, frozen, reviewed, text_of, until
from tests.ui.replay import READY, ReplaySession
from tests.ui.states import STATES


def ticking(app: DeployApp) -> list[str]:
    """The timers of all screens, in view or not, that go on for ever. Not a cursor's, which blinks where one types."""
    screens = [screen for stack in app._screen_stacks.values() for screen in stack]
    widgets = [app, *screens, *(widget for screen in screens for widget in screen.query("*"))]
    timers = [(widget, timer) for widget in widgets for timer in widget._timers if not isinstance(widget, Input)]
    return [f"{widget}: {timer}" for widget, timer in timers if timer._repeat is None and timer._active.is_set()]


@pytest.mark.parametrize("state", ["works", "recipes", "success", "generations"])
async def test_at_rest_no_timer_ticks(state: str) -> None:
    session, arrived = STATES[state]
    app = frozen(session())
    async with app.run_test(size=(120, 40)) as pilot:
        await arrived(pilot)
        await until(pilot, lambda: not ticking(app))


async def test_while_a_plan_is_made_its_seconds_tick() -> None:
    session, arrived = STATES["planning"]
    replay = session()
    app = frozen(replay)
    async with app.run_test(size=(120, 40)) as pilot:
        await arrived(pilot)
        assert any("ReviewScreen" in each for each in ticking(app))
        assert replay.gate is not None
        replay.gate.set()
        await reviewed(pilot)
        await until(pilot, lambda: not ticking(app))


async def test_only_what_is_in_view_is_told_of_the_machine_each_second() -> None:
    app = frozen(ReplaySession(served=READY))
    async with app.run_test(size=(120, 40)) as pilot:
        review = await reviewed(pilot)
        assert review.in_view and not app.board.metered
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen) and app.board.metered)
        assert not review.in_view
        await pilot.press("3")
        await until(pilot, lambda: app.current_mode == "history")
        assert not app.board.metered, "the meters are out of view"
        told: list[object] = []
        review.measured = told.append  # type: ignore[method-assign, assignment]
        reading = app.board.reading
        assert reading is not None
        app.board.show(lambda screen: screen.measured(reading))
        assert not told
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen) and told)


async def test_behind_a_dialog_it_is_in_view_still() -> None:
    session, arrived = STATES["roll-back"]
    app = frozen(session())
    async with app.run_test(size=(120, 40)) as pilot:
        await arrived(pilot)
        end = next(screen for screen in app.screen_stack if isinstance(screen, EndScreen))
        assert app.screen is not end and end.in_view


async def test_the_server_is_looked_at_only_where_it_is_shown() -> None:
    session = ReplaySession("success-gpu", attached=True, served=READY)
    app = frozen(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await ended(pilot)
        assert app._server_wanted()
        await pilot.press("3")
        await until(pilot, lambda: app.current_mode == "history" and "runs" in text_of(app))
        assert not app._server_wanted()
