"""One life of a server: from the start of its command to the end of its last process.

Held by the supervisor, which may hold several, one after the other. It must import nothing heavy, and never leave a
process of the server behind once `end_rest` was called.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from installer.host import process_table, scratch, server_folder, server_key, server_log
from installer.host.deaths import Death, Deaths
from installer.host.server_pump import Pump

AWAITED_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
_GRACE_S = 2.0
_KILL_S = 10.0
_LAST_LINES_S = 5.0


class ServerProcess:
    """Started by being made. `moment` says how far the server has come."""

    def __init__(self, folder: Path, spec: dict[str, Any], secrets: Sequence[str], moment: Callable[[], str]) -> None:
        self._folder = folder
        self.key = server_key.read(Path(spec["key_file"])) if spec.get("key_file") else None
        self.status: int | None = None
        """How its own process ended; `None` while it runs."""
        self.asked = False
        """Someone has told us to end meanwhile."""
        self.began = time.monotonic()
        log = folder / server_folder.LOG
        server_log.rotate(log)
        self._pump = Pump(log, (*secrets, *([self.key] if self.key else [])))
        self.pid = _start(spec, folder, self._pump.write_end, self.key)
        self._pump.started_server()
        self._deaths = Deaths(moment)

    def wait(self, timeout_s: float) -> None:
        """Sleep until a signal that we heed comes. Reaps anyone who has ended, and notes that we were told to end."""
        received = signal.sigtimedwait(AWAITED_SIGNALS, max(0.0, timeout_s))
        self.asked = self.asked or (received is not None and received.si_signo in (signal.SIGTERM, signal.SIGINT))
        self._reap()

    def processes(self) -> list[list[int]]:
        """Who belongs to the server now, as pid and start time; those that are new are watched from here on."""
        processes = process_table.table()
        pids = self._family(processes)
        self._deaths.follow(processes, pids)
        return [[pid, processes[pid].started] for pid in sorted(pids)]

    def members(self) -> list[int]:
        """The living processes of the server."""
        return sorted(self._rest())

    def has_new_processes(self, since_s: float) -> bool:
        """Whether a process of the server runs that was started since then (seconds since boot). For any thread."""
        processes = process_table.table()
        ticks = since_s * os.sysconf("SC_CLK_TCK")
        return any(processes[pid].alive and processes[pid].started > ticks for pid in self._family(processes))

    def deaths(self) -> list[Death]:
        """Those up to now."""
        return list(self._deaths.noted)

    def lost(self) -> list[Death]:
        """Processes whose end was not observed."""
        return list(self._deaths.lost)

    def close_deaths(self) -> list[Death]:
        """The same; what ends from here on ends because we say so."""
        self._deaths.close()
        return self.deaths()

    def ask_to_end(self, patience_s: float) -> bool:
        """Ask its own process, and kill it after `patience_s`; whether that was not needed."""
        if self.status is None:
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        while self.status is None and time.monotonic() < deadline:
            self.wait(min(0.5, deadline - time.monotonic()))
        if self.status is not None:
            return True
        os.kill(self.pid, signal.SIGKILL)
        return False

    def end_rest(self) -> list[str]:
        """End every descendant that is left; those that even SIGKILL did not end."""
        soon = time.monotonic() + _GRACE_S
        for pid in (first := self._rest()):
            _signal(pid, signal.SIGTERM)
        while (rest := self._rest()) and time.monotonic() < soon + _KILL_S:
            # Newcomers get no grace: what forks while it is being ended would never be done.
            for pid in rest if time.monotonic() > soon else rest - first:
                _signal(pid, signal.SIGKILL)
            self.wait(0.05)
        processes = process_table.table()
        return [str(processes[pid]) for pid in self._rest() if pid in processes]

    def close(self) -> None:
        """After its end: its last lines are in the log, and its temporary folder is gone."""
        self._pump.wait(_LAST_LINES_S)
        scratch.empty(self._folder)

    def _rest(self) -> set[int]:
        """Living descendants. All are: orphans fall to us, because we are a subreaper."""
        self._reap()
        processes = process_table.table()
        return {pid for pid in self._family(processes) if processes[pid].alive}

    def _family(self, processes: process_table.Table) -> set[int]:
        """Anyone who descends from the server; the one that writes its log ends by itself, after all of them."""
        return process_table.descendants([os.getpid()], processes) - {self._pump.pid}

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._pump.pid:
                self._pump.ended()
                continue
            code = os.waitstatus_to_exitcode(status)
            if pid == self.pid:
                self.status = code
            self._deaths.reaped(pid, code)


def _start(spec: dict[str, Any], folder: Path, log: int, key: str | None) -> int:
    """Start the server in a session of its own; its pid. A command that cannot run ends with status 127."""
    environment = {**os.environ, **_temporary(folder, spec), **spec["environment"]}
    if spec.get("key_variable") and key:
        environment[spec["key_variable"]] = key
    name, _, value = server_folder.marker(folder).partition("=")
    environment[name] = value
    command = [str(word) for word in spec["command"]]
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        # What anyone who started us ignored would be ignored by the server as well.
        for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.execve(command[0], command, environment)
    except OSError as error:
        os.write(log, f"{command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _temporary(folder: Path, spec: dict[str, Any]) -> dict[str, str]:
    names = filter(None, (scratch.VARIABLE, spec.get("sockets_variable")))
    try:
        return dict.fromkeys(names, str(scratch.make(folder)))
    except OSError:
        return {}  # a server that shares the system's is better than none


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return
