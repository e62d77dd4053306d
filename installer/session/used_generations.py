"""Which generations something still refers to."""

from __future__ import annotations

from contextlib import suppress

from installer.core.errors import DamagedError
from installer.core.outcomes import ServerStatus
from installer.core.runs.home import Home
from installer.execution.generations import Generations
from installer.host import server_state
from installer.session.homes import servers


def used(home: Home) -> set[int]:
    """What each server of the home runs from, and what each has in use."""
    found = set[int]()
    for one in servers(home):
        state = server_state.read_state(one)
        if state.generation is not None and state.state != ServerStatus.STOPPED:
            found.add(state.generation)
        with suppress(DamagedError):
            if (current := Generations(one).current()) is not None:
                found.add(current)
    return found
