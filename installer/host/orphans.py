"""Ending a server whose supervisor was killed or hangs.

It must never signal a process that is not provably one of the server's: it goes by what the supervisor wrote down (pids
with their start times, the session) and by the mark in a process's environment, because engines leave their session and
overwrite their environment.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from installer.host import process_table, server_folder
from installer.host.process_table import Process, Table

_GRACE_S = 2.0
_KILL_S = 10.0
_POLL_S = 0.05


def find(folder: Path, body: Mapping[str, Any]) -> list[Process]:
    """Living processes of the server, without its supervisor. `body` is the state that was written down last."""
    processes = process_table.table()
    found = process_table.marked(server_folder.marker(folder), processes)
    if body.get("namespace") == process_table.namespace():
        found |= _recorded(body, processes) | _in_session(body, processes)
    found |= process_table.descendants(found, processes)
    return [processes[pid] for pid in sorted(found) if processes[pid].alive and pid != os.getpid()]


def end(folder: Path, body: Mapping[str, Any], patience_s: float) -> list[Process]:
    """End the server's processes: the main one has `patience_s` to end, then all are killed. What is left."""
    tell_supervisor(body, signal.SIGKILL)
    main = number(body, "pid")
    if is_ours(body, "pid", "started"):
        _signal(main, signal.SIGTERM)
        _wait_while(lambda: is_ours(body, "pid", "started"), patience_s)
    for process in find(folder, body):
        _signal(process.pid, signal.SIGTERM)
    _wait_while(lambda: bool(find(folder, body)), _GRACE_S)

    def kill_and_check() -> bool:
        rest = find(folder, body)
        for process in rest:
            _signal(process.pid, signal.SIGKILL)
        return bool(rest)

    _wait_while(kill_and_check, _KILL_S)
    return find(folder, body)


def tell_supervisor(body: Mapping[str, Any], what: signal.Signals) -> bool:
    """Signal the supervisor, if it is still the one that was written down; whether it was."""
    if not is_ours(body, "supervisor", "supervisor_started"):
        return False
    _signal(number(body, "supervisor"), what)
    return True


def is_ours(body: Mapping[str, Any], pid: str, started: str) -> bool:
    """Whether the process that was written down under these names still runs."""
    same_place = body.get("namespace") == process_table.namespace()
    return same_place and process_table.is_alive(number(body, pid), number(body, started))


def number(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    return value if isinstance(value, int) and value > 0 else -1


def _recorded(body: Mapping[str, Any], processes: Table) -> set[int]:
    noted = {(number(body, "pid"), number(body, "started"))}
    noted |= {(pair[0], pair[1]) for pair in body.get("processes", ()) if isinstance(pair, list) and len(pair) == 2}
    return {pid for pid, process in processes.items() if (pid, process.started) in noted}


def _in_session(body: Mapping[str, Any], processes: Table) -> set[int]:
    session, started = number(body, "session"), number(body, "started")
    leader = processes.get(session)
    # A session keeps its number as long as it has members. With another leader it is someone else's by now.
    if leader is not None and leader.started != started:
        return set()
    return {pid for pid, process in processes.items() if process.session == session and process.started >= started}


def _wait_while(holds: Callable[[], bool], patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while holds() and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _signal(pid: int, what: signal.Signals) -> None:
    try:
        os.kill(pid, what)
    except (ProcessLookupError, PermissionError):
        return
