"""Which generations something still refers to."""

from __future__ import annotations

from installer.core.runs.home import Home
from installer.host import server_state


def referenced(home: Home) -> set[int]:
    """The generation that a running server was started from."""
    state = server_state.read_state(home)
    return {state.generation} if state.generation is not None and state.state != "stopped" else set()
