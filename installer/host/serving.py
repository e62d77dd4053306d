"""Starting and stopping the one model server of a home, from outside of its supervisor.

The supervisor (`installer.host.supervisor`) owns the server; this only starts it, tells it to stop and reads what it
wrote. It must never leave a secret in the server's environment or on disk.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import installer
from installer.core.contracts.serving import LaunchSpec, LogPiece, ServerState, StartReport, StopReport
from installer.core.errors import DeployError
from installer.core.outcomes import ServerStatus
from installer.core.runs.home import Home
from installer.core.secrets import secrets_of
from installer.core.secrets.inherited import inherited as inherited_by
from installer.core.text.plain import last_piece
from installer.host import orphans, process_table, scratch, server_folder, server_key, server_log
from installer.host.cleanup import clean_up
from installer.host.server_state import folder_of, read_state, supervisor_lives

__all__ = ["launch", "log_piece", "mark_ready", "read_state", "stop", "tail"]

SUPERVISOR = "installer.host.supervisor"
"""The program that stays with a server."""
_LAUNCH_S = 15.0
_POLL_S = 0.02
_EXTRA_STOP_S = 20.0
"""What a supervisor may take on top of the server's own time to stop: killing and reaping the rest."""


def launch(home: Home, spec: LaunchSpec, inherited: Mapping[str, str]) -> ServerState:
    """Start a server that survives us. `inherited` is the environment that `spec.environment` is put on top of.

    Raises `DeployError` if one runs already or the supervisor cannot start.
    """
    folder = folder_of(home)
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_second(home, folder)
    if supervisor_lives(folder, _written(folder)):
        stop(home)  # that of a server which is down waits for its time to be over, which is now set again
    token = f"{os.getpid()}-{time.time_ns()}"
    for name in (server_folder.STATE, server_folder.READY):
        (folder / name).unlink(missing_ok=True)
    server_key.ready(spec, inherited)
    server_folder.write_json(folder / server_folder.LAUNCH, {**spec.to_json(), "token": token})
    _spawn_supervisor(folder, _inherited(spec, inherited), inherited)
    try:
        return _first_state(home, folder, token)
    except BaseException:
        stop(home)
        raise


def mark_ready(home: Home, seconds: float, report: StartReport | None = None) -> ServerState:
    """Write down that the running server generated a token, `seconds` after its launch, and what that start came to."""
    folder = folder_of(home)
    extra = {"report": asdict(report)} if report else {}
    body = {"token": _written(folder).get("token"), "ready_seconds": seconds, **extra}
    server_folder.write_json(folder / server_folder.READY, body)
    return read_state(home)


def request_restart(home: Home) -> None:
    """The next stage 10 is to start the server that runs now again, whatever its settings."""
    folder = folder_of(home)
    if read_state(home).running:
        server_folder.write_json(folder / server_folder.RESTART_REQUEST, {"token": _written(folder).get("token")})


def drop_restart_request(home: Home) -> None:
    (folder_of(home) / server_folder.RESTART_REQUEST).unlink(missing_ok=True)


def stop(home: Home, timeout_s: float | None = None) -> StopReport:
    """End the server and every process of it. It is asked first and killed after `timeout_s` (default: its own)."""
    folder = folder_of(home)
    body = _written(folder)
    supervised = supervisor_lives(folder, body)
    if supervised:
        body = _ask_supervisor(folder, timeout_s)
    elif not orphans.find(folder, body):
        return StopReport(True, ran=False)
    if not orphans.find(folder, body) and not supervisor_lives(folder, body):
        return StopReport(True)
    patience = 0.0 if supervised else _own_patience(body) if timeout_s is None else timeout_s
    left = orphans.end(folder, body, patience)
    clean_up(body.get("launch"))
    scratch.empty(folder)
    words = "It was stopped without its supervisor, which had ended or was hanging."
    server_folder.write_json(folder / server_folder.STATE, {**body, "state": ServerStatus.STOPPED, "reason": words})
    return StopReport(not left, process_table.named(left))


def log_piece(home: Home, *, after: int | None = None, lines: int = 200) -> LogPiece:
    """The last `lines` lines of the server's log, or all that came `after` the end of an earlier piece."""
    log = home.server / server_folder.LOG
    raw, end = server_log.last(log) if after is None else server_log.read(log, after)
    cleaned = [last_piece(line) for line in raw.decode("utf-8", "replace").split("\n")]
    shown = [line for line in cleaned if line]
    return LogPiece(tuple(shown[max(0, len(shown) - max(0, lines)) :] if after is None else shown), end)


def tail(home: Home, lines: int = 200) -> list[str]:
    """The last lines of the server's log."""
    return list(log_piece(home, lines=lines).lines)


def _refuse_second(home: Home, folder: Path) -> None:
    current = read_state(home)
    left = [] if current.running else orphans.find(folder, _written(folder))
    if current.running or left:
        raise DeployError(
            "A server of this home is running already.", f"Its process is {current.pid or left[0]}.",
            "Stop it first: deploy-tui server stop.",
        )  # fmt: skip


def _spawn_supervisor(folder: Path, environment: Mapping[str, str], variables: Mapping[str, str]) -> None:
    """`told`: what it may know and the server may not, for what is taken out of the log and for a command of the
    user's own (`--then`)."""
    # Without site-packages (-S) and from the folder of our package: it needs nothing but the standard library,
    # and no environment variable of ours may change its Python.
    with (folder / "supervisor.log").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-E", "-s", "-S", "-m", SUPERVISOR, str(folder)],
            cwd=Path(installer.__file__).parent.parent, env=dict(environment), stdin=subprocess.PIPE, stdout=out,
            stderr=out, start_new_session=True,
        )  # fmt: skip
    # It forks and ends at once; the fork is what stays.
    words = (*filter(None, secrets_of(variables)), "", *(f"{name}={value}" for name, value in variables.items()))
    process.communicate("\0".join(words).encode("utf-8", "surrogateescape"))


def _inherited(spec: LaunchSpec, environment: Mapping[str, str]) -> dict[str, str]:
    """What of the environment an engine needs; first on PATH is the server's own environment, then its CUDA toolkit."""
    toolkit = spec.environment.get("CUDA_HOME")
    programs = [str(Path(spec.command[0]).parent), *([f"{toolkit}/bin"] if toolkit else [])]
    path = os.pathsep.join((*programs, environment.get("PATH", os.defpath)))
    return {**inherited_by(environment, "engine"), "PATH": path}


def _first_state(home: Home, folder: Path, token: str) -> ServerState:
    """Wait until the supervisor has written down that it started."""
    deadline = time.monotonic() + _LAUNCH_S
    while time.monotonic() < deadline:
        if _written(folder).get("token") == token:
            return read_state(home)
        time.sleep(_POLL_S)
    lines = server_log.last(folder / "supervisor.log")[0].decode("utf-8", "replace").strip().splitlines()
    raise DeployError(
        "The supervisor of the server did not start.", lines[-1] if lines else "It printed nothing.",
        f"See {folder / 'supervisor.log'}, then try again.",
    )  # fmt: skip


def _ask_supervisor(folder: Path, timeout_s: float | None) -> dict[str, Any]:
    """Tell the supervisor to stop and wait until it is gone or has had its time; what it wrote last."""
    started = time.monotonic()
    asked = False
    while supervisor_lives(folder, body := _written(folder)):
        patience = _own_patience(body) + _EXTRA_STOP_S if timeout_s is None else timeout_s
        if time.monotonic() > started + patience:
            break
        asked = asked or orphans.tell_supervisor(body, signal.SIGTERM)
        time.sleep(_POLL_S)
    return _written(folder)


def _own_patience(body: Mapping[str, Any]) -> float:
    launched = body.get("launch")
    value = launched.get("stop_timeout_s") if isinstance(launched, dict) else None
    return float(value) if isinstance(value, (int, float)) else 30.0


def _written(folder: Path) -> dict[str, Any]:
    return server_folder.read_json(folder / server_folder.STATE) or {}
