"""What is known about the server of a home: what its supervisor wrote, corrected by what really runs.

It only reads: it must never end a process or write a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from installer.core.contracts.serving import RUNNING, Death, ServerState, launch_from_json, report_from_json
from installer.core.outcomes import ServerStatus
from installer.core.runs.home import Home
from installer.host import orphans, process_table, server_folder


def folder_of(home: Home) -> Path:
    """The server's folder under the one name that the mark of its processes carries."""
    return Path(os.path.realpath(home.server))  # which does not fail on a link that leads to itself


def read_state(home: Home) -> ServerState:
    """The server of `home`; "stopped" where nothing of it lives."""
    folder = folder_of(home)
    body = server_folder.read_json(folder / server_folder.STATE)
    lives = supervisor_lives(folder, body)
    if body is None:
        return ServerState(state=ServerStatus.STARTING) if lives else ServerState()
    written = _decoded(body, server_folder.read_json(folder / server_folder.READY) or {})
    asked = server_folder.read_json(folder / server_folder.RESTART_REQUEST) or {}
    written = replace(written, renew=written.running and asked.get("token") == body.get("token"))
    if lives or not written.running:
        return written
    return _without_supervisor(folder, body, written)


def supervisor_lives(folder: Path, body: Mapping[str, Any] | None) -> bool:
    """By its lock; by its pid and start time where the filesystem has no locks."""
    held = server_folder.held(folder)
    if held is None:
        return orphans.is_ours(body or {}, "supervisor", "supervisor_started")
    return held


def _without_supervisor(folder: Path, body: Mapping[str, Any], written: ServerState) -> ServerState:
    if orphans.is_ours(body, "pid", "started"):
        return replace(written, supervisor=0, reason="Its supervisor no longer runs; the server can still be stopped.")
    gone = replace(written, state=ServerStatus.STOPPED, pid=0, supervisor=0)
    if left := orphans.find(folder, body):
        reason = f"It ended without its supervisor and left {len(left)} processes."
        return replace(gone, state=ServerStatus.FAILED, reason=reason, leftovers=process_table.named(left))
    return replace(gone, reason="It ended together with its supervisor, as when a machine or container is restarted.")


def _decoded(body: Mapping[str, Any], ready: Mapping[str, Any]) -> ServerState:
    written = body.get("state")
    state = ServerStatus(written) if written in list(ServerStatus) else ServerStatus.STOPPED
    is_ready = ready.get("token") == body.get("token") and isinstance(ready.get("ready_seconds"), (int, float))
    if state == ServerStatus.STARTING and is_ready:
        state = ServerStatus.READY
    exit_code = body.get("exit_code")
    return ServerState(
        state=state,
        launch=launch_from_json(body.get("launch")),
        pid=max(0, orphans.number(body, "pid")) if state in RUNNING else 0,
        supervisor=max(0, orphans.number(body, "supervisor")) if state in RUNNING else 0,
        started_at=_moment(body, "started_at"),
        ready_seconds=float(ready["ready_seconds"]) if is_ready else None,
        report=report_from_json(ready.get("report")) if is_ready else None,
        exit_code=exit_code if isinstance(exit_code, int) else None,
        reason=str(body.get("reason", "")),
        deaths=tuple(_deaths(body.get("deaths"))),
        restarts=max(0, orphans.number(body, "restarts")),
        unjudged=str(body.get("unjudged", "")) if state in RUNNING else "",
        launched_at=_moment(body, "launched_at"),
        asked_to_end=body.get("asked_to_end") is True,
        **(_deadlines(body.get("deadlines")) if state in RUNNING else {}),
    )


def _moment(body: Mapping[str, Any], name: str) -> float | None:
    value = body.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _deadlines(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        return {}
    ends, idle = _moment(given, "ends_at"), _moment(given, "idle_ends_at")
    return {"ends_at": ends, "idle_ends_at": idle, "idle_unknown": "idle_ends_at" in given and idle is None}


def _deaths(noted: Any) -> Iterator[Death]:
    for entry in noted if isinstance(noted, list) else ():
        match entry:
            case {
                "pid": int(pid),
                "name": str(name),
                "code": int(code),
                "moment": str(moment),
                "at": (int() | float()) as at,
            }:
                yield Death(pid, name, code, moment, float(at))
