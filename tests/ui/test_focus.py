"""What has the focus can be seen, wherever the keys go: each stop of tab draws another picture."""

from __future__ import annotations

import pytest
from textual.widget import Widget

from installer.ui.app import DeployApp
from tests.ui.frozen import frozen
from tests.ui.states import STATES


def drawn(app: DeployApp) -> tuple[str, ...]:
    """What is on the screen, with its colours."""
    return tuple(str(segment) for strip in app.screen._compositor.render_strips(app.size) for segment in strip)


@pytest.mark.parametrize(
    "state", ["works", "blocked", "recipes", "serve", "generations", "running", "failed", "success", "log", "any-model"]
)
async def test_each_stop_of_the_focus_is_seen(state: str) -> None:
    session, arrived = STATES[state]
    app = frozen(session())
    async with app.run_test(size=(80, 24)) as pilot:
        await arrived(pilot)
        pictures: dict[Widget | None, tuple[str, ...]] = {}
        places: list[Widget | None] = [None, *app.screen.focus_chain]
        for widget in places:
            app.screen.set_focus(widget)
            await pilot.pause()
            pictures[widget] = drawn(app)
        assert len(places) > 1
        alike = [(a, b) for a in pictures for b in pictures if a is not b and pictures[a] == pictures[b]]
        assert not alike, "nobody sees which of these has the focus"
