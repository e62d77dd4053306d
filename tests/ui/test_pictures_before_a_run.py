"""How the screen looks before a run, at 80x24 and at 120x40; a picture each, to be compared by eye when it changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ui.frozen import frozen
from tests.ui.states import BEFORE, SIZES


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", BEFORE)
def test_state(snap_compare: Callable[..., bool], state: str, size: str) -> None:
    session, arrived = BEFORE[state]
    assert snap_compare(frozen(session()), terminal_size=SIZES[size], run_before=arrived)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", BEFORE)
def test_state_in_the_light(snap_compare: Callable[..., bool], state: str, size: str) -> None:
    session, arrived = BEFORE[state]
    assert snap_compare(frozen(session(), "deploy-light"), terminal_size=SIZES[size], run_before=arrived)
