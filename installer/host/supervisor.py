"""The process that stays with a model server: `python -m installer.host.supervisor SERVER_FOLDER`.

It starts what `launch.json` says, writes down what becomes of it, and ends the whole process tree when it is told to or
when the server dies. It must import nothing beyond the standard library and stay small: it lives as long as the server.
It must never leave a process of the server behind when it goes.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from installer.host import keys, listeners, oom, process_table, scratch, server_folder, server_log
from installer.host.cleanup import clean_up
from installer.host.deaths import Deaths, cause, reason, sentence
from installer.host.server_pump import Pump

_HEEDED = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
# Engines send SIGQUIT to their parent when a part of them fails, and their orphans become our children.
_IGNORED = {signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2}
_TICK_S, _STARTING_TICK_S = 10.0, 1.0
"""How often the server is looked at, and until it is ready: whom we have not seen, we cannot miss."""
_GRACE_S = 2.0
_KILL_S = 10.0
_LAST_LINES_S = 5.0
_SET_CHILD_SUBREAPER = 36
ALREADY = 3
"""Exit status: another supervisor holds this home."""


class Supervisor:
    """One server, from its start to the end of its last process."""

    def __init__(self, folder: Path, spec: dict[str, Any], secrets: Sequence[str] = ()) -> None:
        self._folder, self._home = folder, _identity(folder)
        key = keys.read(Path(spec["key_file"])) if spec.get("key_file") else None
        self._secrets = (*secrets, *([key] if key else []))
        self._log = folder / server_folder.LOG
        self._spec = spec
        self._status: int | None = None
        self._oom = oom.kills()
        self._state: dict[str, Any] = {
            "token": spec.get("token", ""),
            "state": "starting",
            "supervisor": os.getpid(),
            "supervisor_started": _started(os.getpid()),
            "namespace": process_table.namespace(),
            "launch": spec,
            "started_at": time.time(),
            "processes": [],
            "deaths": [],
        }
        self._deaths: Deaths | None = None
        self._listened = self._ready = False

    def run(self) -> None:
        server_log.rotate(self._log)
        self._pump = Pump(self._log, self._secrets)
        self._pid = _start(self._spec, self._folder, self._pump.write_end)
        self._pump.started_server()
        self._deaths = Deaths(self._moment)
        try:
            self._stay()
        except BaseException:
            self._end_rest()
            raise

    def _stay(self) -> None:
        self._say(pid=self._pid, started=_started(self._pid), session=self._pid)
        while self._status is None:
            self._note_processes()
            settled = self._moment() == "serving"
            if self._wait(_TICK_S if settled else _STARTING_TICK_S) in (signal.SIGTERM, signal.SIGINT):
                return self._stop()
            if _identity(self._folder) != self._home:
                return self._leave()
            server_log.cap(self._log)
        noted = self._noted_deaths()
        self._say(state="stopping", deaths=noted)
        left = self._end_rest()
        self._finish("failed", reason(self._pid, self._status, noted, oom.hint(self._oom, oom.kills())), left)

    def _stop(self) -> None:
        patience = float(self._spec.get("stop_timeout_s", 30))
        self._say(state="stopping", deaths=self._noted_deaths())
        if self._status is None:
            os.kill(self._pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while self._status is None and time.monotonic() < deadline:
            self._wait(min(0.5, deadline - time.monotonic()))
        # How it ended says nothing here: SGLang ends itself by SIGKILL after a graceful stop.
        reason = "Stopped when asked."
        if self._status is None:
            reason = f"Asked to stop, it did not within {patience:.0f} s and was killed."
            os.kill(self._pid, signal.SIGKILL)
        self._finish("stopped", reason, self._end_rest())

    def _leave(self) -> None:
        """The home was removed, or its volume went: nobody could find or stop this server any more."""
        import syslog

        left = self._end_rest()
        words = f"{self._folder} was removed, or its volume went: its server was ended."
        syslog.syslog(syslog.LOG_WARNING, f"deploy-tui: {words}")
        self._finish("failed", words, left)

    def _end_rest(self) -> list[str]:
        """End every descendant that is left; those that even SIGKILL did not end."""
        soon = time.monotonic() + _GRACE_S
        for pid in (first := self._rest()):
            _signal(pid, signal.SIGTERM)
        while (rest := self._rest()) and time.monotonic() < soon + _KILL_S:
            # Newcomers get no grace: what forks while it is being ended would never be done.
            for pid in rest if time.monotonic() > soon else rest - first:
                _signal(pid, signal.SIGKILL)
            self._wait(0.05)
        processes = process_table.table()
        return [str(processes[pid]) for pid in self._rest() if pid in processes]

    def _rest(self) -> set[int]:
        """Living descendants. All are: orphans fall to us, because we are a subreaper."""
        self._reap()
        processes = process_table.table()
        return {pid for pid in self._family(processes) if processes[pid].alive}

    def _family(self, processes: process_table.Table) -> set[int]:
        """Whoever descends from the server; the one that writes its log ends by itself, after all of them."""
        return process_table.descendants([os.getpid()], processes) - {self._pump.pid}

    def _wait(self, timeout_s: float) -> int:
        """Sleep until a signal that we heed comes; which one (0: none). Reaps whoever has ended."""
        told = signal.sigtimedwait(_HEEDED, max(0.0, timeout_s))
        self._reap()
        return told.si_signo if told else 0

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
            if pid == self._pid:
                self._status = code
            if self._deaths:
                self._deaths.reaped(pid, code)

    def _note_processes(self) -> None:
        """Write down who belongs to the server, for the case that somebody kills us, and who of them has died."""
        processes = process_table.table()
        pids = self._family(processes)
        news: dict[str, Any] = {"processes": [[pid, processes[pid].started] for pid in sorted(pids)]}
        if self._deaths:
            self._deaths.follow(processes, pids)
            news["deaths"] = list(self._deaths.noted)
            if fault := cause(news["deaths"], memory_ran_out=False):
                news["reason"] = sentence(fault)
        if any(self._state.get(name) != value for name, value in news.items()):
            self._say(**news)

    def _noted_deaths(self) -> list[dict[str, Any]]:
        """Those up to now; what ends from here on ends because we say so."""
        if self._deaths is None:
            return []
        self._deaths.close()
        return list(self._deaths.noted)

    def _moment(self) -> str:
        """How far the server has come: it loads, it was asked for its first token, it serves."""
        seen = {} if self._ready else server_folder.read_json(self._folder / server_folder.READY) or {}
        self._ready = self._ready or (bool(seen) and seen.get("token") == self._state["token"])
        ports = () if self._ready or self._listened else listeners.ports() or ()
        self._listened = self._listened or self._spec.get("port") in ports
        return "serving" if self._ready else "first token" if self._listened else "loading"

    def _finish(self, state: str, reason: str, left: list[str]) -> None:
        clean_up(self._spec)
        self._pump.wait(_LAST_LINES_S)
        scratch.empty(self._folder)
        if left:
            reason += f" Even SIGKILL did not end {', '.join(left)}."
        self._note_processes()
        self._say(state=state, exit_code=self._status, reason=reason, ended_at=time.time())

    def _say(self, **news: Any) -> None:
        self._state.update(news)
        try:
            server_folder.write_json(self._folder / server_folder.STATE, self._state)
        except OSError as error:
            # A full disk must not end the server, nor leave it without us.
            print(f"{server_folder.STATE} could not be written: {error}", file=sys.stderr, flush=True)  # noqa: T201


def _start(spec: dict[str, Any], folder: Path, log: int) -> int:
    """Start the server in a session of its own; its pid. A command that cannot run ends with status 127."""
    environment = {**os.environ, **_temporary(folder), **spec["environment"]}
    if spec.get("key_variable") and (key := keys.read(Path(spec["key_file"]))):
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
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.execve(command[0], command, environment)
    except OSError as error:
        os.write(log, f"{command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _temporary(folder: Path) -> dict[str, str]:
    try:
        return dict.fromkeys(scratch.VARIABLES, str(scratch.make(folder)))
    except OSError:
        return {}  # a server that shares the system's is better than none


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _become_subreaper() -> None:
    try:
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        return


def _started(pid: int) -> int:
    process = process_table.one(pid)
    return process.started if process else 0


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def main(folder: Path, secrets: Sequence[str] = ()) -> int:
    """Supervise the server of `folder` until it has ended."""
    lock = server_folder.hold(folder, patience_s=2.0)
    spec = server_folder.read_json(folder / server_folder.LAUNCH)
    if lock is None or spec is None:
        return ALREADY
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever started us may have ignored it
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED | _IGNORED)
    _become_subreaper()
    (folder / server_folder.WORK).mkdir(exist_ok=True)
    os.chdir(folder / server_folder.WORK)
    Supervisor(folder, spec, secrets).run()
    return 0


if __name__ == "__main__":
    place = Path(sys.argv[1]).absolute()
    # From whoever starts us, and never in our environment: what must not stand in the log.
    told = [word for word in sys.stdin.read().split("\0") if word]
    # Fork once more and let the first process end at once: nobody has to wait for us, and we belong to no terminal.
    if os.fork():
        os._exit(0)
    sys.exit(main(place, told))
