"""What a home contains and does right now, as `status --json` prints it. Reads only."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from installer.core.contracts.serving import ServerState
from installer.core.errors import DamagedError
from installer.core.outcomes import RunState, ServerStatus
from installer.core.plans.plan import SCHEMA
from installer.core.proofs import in_words
from installer.core.runs.fold import RunView, fold
from installer.core.runs.home import Home
from installer.execution.generations import Generations
from installer.execution.journal import read
from installer.host import server_state
from installer.proofs import saved
from installer.session import homes, runs, server_report
from installer.session.damaged_files import damaged
from installer.session.deployments import remembered


def run_view(home: Home) -> RunView:
    """The run in progress, else the newest one, folded from its journal."""
    folder = runs.running(home) or runs.latest(home)
    view = RunView()
    if folder:
        for entry in read(folder.journal):
            view = fold(view, entry)
    return view


def status(home: Home) -> dict[str, Any]:
    """The document of `status --json` (docs/interfaces.md)."""
    view, current = RunView(), None
    with suppress(DamagedError):  # named below, next to all that can still be said
        view = run_view(home)
    with suppress(DamagedError):
        current = Generations(home).current()
    state = view.state
    if state == RunState.RUNNING and runs.running(home) is None:
        state = RunState.FAILED  # its engine was killed; the next run rolls back what it was doing
    server = server_state.read_state(home)
    generations = Generations(home)
    return {
        "schema": SCHEMA,
        "home": str(home.root),
        "generation": current,
        "generations": [
            {
                "number": seal.number,
                "stage": seal.stage,
                "recipe": seal.recipe,
                "created": seal.created,
                "whole": seal.complete,
            }
            for seal in generations.seals().values()
        ],
        "deployment": _deployment(home),
        "run": {"id": view.run, "state": state, "stage": view.stage, "recipe": view.recipe},
        "server": server_report.report(home),
        "servers": [server_report.report(other) for other in homes.servers(home)],
        "proofs": _proofs(home, server),
        "damaged": damaged(home),
    }


def _deployment(home: Home) -> dict[str, Any] | None:
    """What the home is to contain; `None` if nothing was deployed, or its file is damaged, which is reported below."""
    with suppress(DamagedError):
        if (kept := remembered(home)) and kept.recipe:
            return {"recipe": kept.recipe, "profile": kept.profile, "settings": list(kept.settings)}
    return None


def _proofs(home: Home, server: ServerState) -> dict[str, Any] | None:
    """What was proved last; `current` where it is of the server that runs now."""
    proven = saved.kept(home)
    if proven is None:
        return None
    current = server.state == ServerStatus.READY and (server.pid, server.started_at) == (proven.pid, proven.started_at)
    return {**proven.to_json(), "current": current, "summary": in_words(proven)}
