"""The screen with a clock that stands still, and waiting for what its background has to say."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress

from textual.app import App
from textual.pilot import Pilot
from textual.strip import Strip

from installer.ui.app import DeployApp
from installer.ui.screens.end import EndScreen
from installer.ui.screens.progress import ProgressScreen
from installer.ui.screens.review import ReviewScreen
from tests.ui.record_journals import START
from tests.ui.replay import ReplaySession

PATIENCE = 6000
"""Turns of the event loop before a test gives up."""


class NotDrawnError(AssertionError):
    """What is on the screen was asked before it was laid out."""


def frozen(session: ReplaySession, theme: str = "deploy-dark") -> DeployApp:
    """An app whose now is the newest event of the session's journal."""
    now = session.entries[-1].at if session.entries else START
    app = DeployApp(session, clock=lambda: now)
    app.animation_level = "none"
    app.theme = theme
    app.recorded = session.entries  # type: ignore[attr-defined]
    # A minute of readings is drawn once there are enough of them, which would depend on how long a test waits.
    app.board.past = deque(maxlen=1)
    return app


async def until(pilot: Pilot[None], true: Callable[[], object]) -> None:
    """Wait for the background, without a fixed time, and for the screen that is there then to be drawn.

    What is asked of a screen that is not drawn is not true yet.
    """
    for _ in range(PATIENCE):
        with suppress(NotDrawnError):
            if true() and (not pilot.app.is_running or _strips(pilot.app)):
                break
        await pilot.pause(0.01)
    else:
        raise AssertionError("the screen never came to what the test waits for")
    await pilot.pause()


def _measured(pilot: Pilot[None]) -> bool:
    return isinstance(pilot.app, DeployApp) and pilot.app.board.reading is not None


async def reviewed(pilot: Pilot[None]) -> ReviewScreen:
    """A plan, or the reason why there is none, is shown."""

    def there() -> bool:
        screen = pilot.app.screen
        measured = _measured(pilot)
        return isinstance(screen, ReviewScreen) and measured and bool(screen.answer or screen.error)

    await until(pilot, there)
    screen = pilot.app.screen
    assert isinstance(screen, ReviewScreen)
    return screen


async def running(pilot: Pilot[None]) -> ProgressScreen:
    """All of the recorded events are shown."""

    def there() -> bool:
        screen = pilot.app.screen
        if not isinstance(screen, ProgressScreen) or not screen.composed or not _measured(pilot):
            return False
        if pilot.app.size.width < 80 or pilot.app.size.height < 24:
            return bool(screen.model.view.stages)  # there is no room for the log, and a sentence instead
        newest = [entry.event.text for entry in pilot.app.recorded if entry.event.kind == "output"][-1:]  # type: ignore[attr-defined]
        return bool(screen.model.view.stages) and all(text[:18] in text_of(pilot.app) for text in newest)  # type: ignore[arg-type]

    await until(pilot, there)
    screen = pilot.app.screen
    assert isinstance(screen, ProgressScreen)
    return screen


async def ended(pilot: Pilot[None]) -> EndScreen:
    """The run is over and says so."""

    def there() -> bool:
        screen = pilot.app.screen
        if not isinstance(screen, EndScreen) or not screen.composed or not isinstance(pilot.app, DeployApp):
            return False
        looked = pilot.app.board.server is not None
        return looked and (screen.model.explained or screen.model.failure is None)

    await until(pilot, there)
    screen = pilot.app.screen
    assert isinstance(screen, EndScreen)
    return screen


def text_of(app: DeployApp) -> str:
    """What is on the screen, as text. Raises `NotDrawnError` where it was not laid out yet: wait for it (`until`)."""
    return "\n".join(strip.text.rstrip() for strip in _strips(app))


def _strips(app: App[None]) -> list[Strip]:
    width, height = app.size
    strips = app.screen._compositor.render_strips(app.size)
    if len(strips) != height or not width:
        raise NotDrawnError(f"{len(strips)} lines of {height} are laid out")
    return strips
