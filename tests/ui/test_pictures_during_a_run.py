"""How the screen looks during a run, as in `test_pictures_before_a_run`; other themes and sizes; the last line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.widgets import Footer

from tests.ui.frozen import frozen
from tests.ui.states import RUNNING, SIZES, STATES


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", RUNNING)
def test_state(snap_compare: Callable[..., bool], state: str, size: str) -> None:
    session, arrived = RUNNING[state]
    assert snap_compare(frozen(session()), terminal_size=SIZES[size], run_before=arrived)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", RUNNING)
def test_state_in_the_light(snap_compare: Callable[..., bool], state: str, size: str) -> None:
    session, arrived = RUNNING[state]
    assert snap_compare(frozen(session(), "deploy-light"), terminal_size=SIZES[size], run_before=arrived)


@pytest.mark.parametrize("theme", ["ansi-dark", "deploy-high-contrast"])
@pytest.mark.parametrize("state", ["works", "running", "failed"])
def test_other_themes(snap_compare: Callable[..., bool], state: str, theme: str) -> None:
    session, arrived = STATES[state]
    assert snap_compare(frozen(session(), theme), terminal_size=(80, 24), run_before=arrived)


def test_very_wide(snap_compare: Callable[..., bool]) -> None:
    session, arrived = STATES["eight-gpus"]
    assert snap_compare(frozen(session()), terminal_size=(200, 50), run_before=arrived)


@pytest.mark.parametrize(
    "state", ["works", "blocked", "recipes", "serve", "history", "incidents", "running", "log", "success", "failed"]
)
async def test_every_key_of_the_last_line_can_be_read_in_the_smallest_window(state: str) -> None:
    session, arrived = STATES[state]
    app = frozen(session())
    async with app.run_test(size=(80, 24)) as pilot:
        await arrived(pilot)
        footer = app.screen.query_one(Footer)
        keys = [key for key in footer.query("FooterKey") if not key.has_class("-command-palette")]
        room = footer.size.width - sum(key.size.width + 1 for key in footer.query("FooterKey.-command-palette"))
        assert keys and [key.description for key in keys if key.region.right > room] == []  # type: ignore[attr-defined]
