"""The home's server where something is to be done with it: it must be ready, and a message says what to do if not."""

from __future__ import annotations

from installer.core.contracts.serving import LaunchSpec, ServerState
from installer.core.errors import UsageError
from installer.core.outcomes import ServerStatus
from installer.core.runs.home import Home


def launch_of(home: Home, state: ServerState, doing: str, otherwise: str = "") -> LaunchSpec:
    """How the server was launched that is to be used; `doing` says what for ("measure").

    `otherwise`: what helps next to starting it. Raises `UsageError`.
    """
    if state.state == ServerStatus.READY and state.launch is not None and not state.launch.rank:
        return state.launch
    if state.running and state.launch is not None and state.launch.rank:
        raise UsageError(
            f"There is no server to {doing} here.",
            f"This is rank {state.launch.rank} of {state.launch.ranks} of one model, and serves no clients itself.",
            "Do it on the machine of rank 0.",
        )
    if state.state == ServerStatus.STARTING:
        raise UsageError(
            f"There is no server to {doing} yet.", "This home's server is starting.",
            f"Wait until it is ready: `deploy-tui server status{home.server_words}` says so.",
        )  # fmt: skip
    raise UsageError(
        f"There is no server to {doing}.", f"This home's server is {state.state}.",
        f"Start it with `deploy-tui server start{home.server_words}`{otherwise}.",
    )  # fmt: skip
