"""How the screen looks after a run: its end, the server, History. Pictures as in `test_pictures_before_a_run`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ui.frozen import frozen
from tests.ui.states import AFTER, SIZES


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", AFTER)
def test_state(snap_compare: Callable[..., bool], state: str, size: str) -> None:
    session, arrived = AFTER[state]
    assert snap_compare(frozen(session()), terminal_size=SIZES[size], run_before=arrived)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", AFTER)
def test_state_in_the_light(snap_compare: Callable[..., bool], state: str, size: str) -> None:
    session, arrived = AFTER[state]
    assert snap_compare(frozen(session(), "deploy-light"), terminal_size=SIZES[size], run_before=arrived)
