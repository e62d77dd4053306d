"""What one server is and has been through: its state, incidents, deadlines, cost, as `status --json` prints them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from installer.core.contracts.incident import Incident
from installer.core.contracts.server_history import KeptIncident, ServerHistory
from installer.core.contracts.serving import ServerState
from installer.core.runs.home import Home
from installer.host import incidents, server_state
from installer.proofs import saved as kept_proofs
from installer.session import costs

_NEWEST = 5


def report(home: Home) -> dict[str, Any]:
    """Of the server that `home` names."""
    server = server_state.read_state(home)
    kept = incidents.all_of(server_state.folder_of(home))
    return {
        "name": home.server_name,
        "state": server.state,
        "url": server.url,
        "pid": server.pid,
        "model": server.model,
        "generation": server.generation,
        "reason": server.reason,
        "ready_seconds": server.ready_seconds,
        "start": asdict(server.report) if server.report else None,
        "deaths": [asdict(death) for death in server.deaths],
        "restarts": server.restarts,
        "rank": server.launch.rank if server.launch else 0,
        "ranks": server.launch.ranks if server.launch else 1,
        "watched": _watched(server),
        "incidents": [_incident(one) for one in kept[-_NEWEST:]],
        "ends_at": server.ends_at,
        "idle_ends_at": server.idle_ends_at,
        "idle_unknown": server.idle_unknown,
        "cost": costs.cost(home, server),
    }


def past(home: Home) -> ServerHistory:
    """The same for the screen, besides the state."""
    folder = server_state.folder_of(home)
    found = reversed(incidents.all_of(folder))
    kept = [KeptIncident(one, place) for one in found if (place := incidents.folder_of(folder, one.id))]
    price = costs.cost(home, server_state.read_state(home)) or {}
    return ServerHistory(tuple(kept), price.get("per_hour"), price.get("spent"), kept_proofs.kept(home))


def _watched(server: ServerState) -> dict[str, Any] | None:
    """How it is watched; `None` if none runs."""
    if server.launch is None or not server.running:
        return None
    how = server.launch.watching
    return {"restart": how.restart, "token_every_s": how.every_s, "unjudged": server.unjudged}


def _incident(one: Incident) -> dict[str, Any]:
    return {
        "id": one.id, "kind": one.kind, "at": one.at, "reason": one.reason, "done": one.done,
        "back_after_s": one.back_after_s,
    }  # fmt: skip
