"""Who of a process tree died, of what, and at which moment: also those that another process reaps before we could.

A handle (pidfd) is held on every process that is known. It tells at once when its process has ended, and the kernel
says how: in /proc until it is reaped, and by the handle itself afterwards (Linux 6.15). A kernel that has
no handles (gVisor) is asked again and again. Where nothing says how one ended, none is noted: a death is never guessed;
a part of the server that went like that is `lost`. Used by the supervisor, so it must import nothing heavy; it never
ends a process.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from installer.core import threads
from installer.host import process_table
from installer.host.process_table import Process

Death = dict[str, Any]
"""`pid`, `name`, `code` (negative: the signal; `None`: unknown), `moment`, `at` (seconds since the epoch)."""

ASKED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE)
"""Signals by which processes are asked to end, or learn that someone else has ended."""
MOMENTS = {"loading": "while it loaded", "first token": "at its first token", "serving": "while it served"}
"""What `moment` may be, in words."""
_GET_INFO = 0xC040FF0B
"""PIDFD_GET_INFO: _IOWR(0xFF, 11, 64 bytes)."""
_INFO = struct.Struct("Q52xi")
"""`struct pidfd_info`: the mask, and last the exit code."""
_EXIT = 1 << 3
"""PIDFD_INFO_EXIT."""
_RETRY_S = 0.1
"""Between two checks of those without a handle: who reaps its children does so in about a second."""
_LATEST_S = 120.0
"""What ended longer before the server than this has nothing to do with its end."""


class Deaths:
    """The deaths in one tree, in their order, from `follow` to `close`."""

    def __init__(self, moment: Callable[[], str]) -> None:
        self.noted: list[Death] = []
        self.lost: list[Death] = []
        """Processes that existed before it served, and ended while it did; how is unknown."""
        self._moment = moment
        self._names: dict[int, str] = {}
        self._handles: dict[int, int] = {}
        self._unheld: dict[int, Process] = {}
        self._parts: set[int] = set()
        self._held = _has_handles()
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        """Locked from the moment at which an end is seen until it is noted, so that `close` loses none."""
        self._ended = select.epoll()
        self._open = True
        self._told, self._tell = os.pipe()
        self._ended.register(self._told, select.EPOLLIN)
        threads.begin(self._watch, "deaths")

    def follow(self, processes: Mapping[int, Process], pids: set[int]) -> None:
        """Take up those of `pids` that are new, and learn what the others are called by now."""
        with self._lock:
            new = pids.difference(self._handles.values(), self._unheld, (death["pid"] for death in self.noted))
        for pid in pids:
            self._names[pid] = title(processes[pid])
        if new and self._moment() != "serving":
            self._parts |= new
        for pid in new if self._open else ():
            self._hold(processes[pid])

    def _hold(self, process: Process) -> None:
        if not self._held:
            with self._lock:
                self._unheld |= {process.pid: process} if process.alive else {}
            return
        try:
            handle = os.pidfd_open(process.pid)
        except OSError:  # it has ended
            return
        with self._lock:
            self._handles[handle] = process.pid
        self._ended.register(handle, select.EPOLLIN)

    def reaped(self, pid: int, code: int) -> None:
        """Note the end of a process that fell to us."""
        self._note(pid, code)

    def close(self) -> None:
        """What ends from now on is our own doing."""
        if self._open:
            self._poll()
            self._open = False
            os.close(self._tell)

    def _watch(self) -> None:
        while self._open:
            self._ended.poll(None if self._held else _RETRY_S, 1)
            self._poll()
        with self._lock:
            handles, self._handles = [*self._handles, self._told], {}
        self._ended.close()
        for handle in handles:
            os.close(handle)

    def _poll(self) -> None:
        with self._telling:
            for handle, _ in self._ended.poll(0):
                self._tell_end(handle)
            self._check_without_handle()

    def _tell_end(self, handle: int) -> None:
        with self._lock:
            pid = self._handles.pop(handle, 0)
            if not pid:
                return
            self._ended.unregister(handle)
        code = _how_it_ended(pid, handle)
        os.close(handle)
        self._note(pid, code)

    def _check_without_handle(self) -> None:
        with self._lock:
            ended = [pid for pid, one in self._unheld.items() if not process_table.is_alive(pid, one.started)]
            for pid in ended:
                del self._unheld[pid]
        for pid in ended:
            # Where a kernel has no handles, the 0 that it writes for one that ended says nothing either.
            self._note(pid, process_table.exit_code(pid) or None)

    def _note(self, pid: int, code: int | None) -> None:
        with self._lock:
            self.lost = [death for death in self.lost if code is None or death["pid"] != pid]
            if not self._open or code == 0 or any(death["pid"] == pid for death in (*self.noted, *self.lost)):
                return
            moment = self._moment()
            if code is None and not (moment == "serving" and pid in self._parts):
                return
            name = self._names.get(pid, "a process")
            death = {"pid": pid, "name": name, "code": code, "moment": moment, "at": time.time()}
            (self.lost if code is None else self.noted).append(death)
        os.kill(os.getpid(), signal.SIGCHLD)  # so that anyone who waits for news hears of it


def reason(server: int, status: int, deaths: list[Death], memory: str) -> str:
    """Why a server ended: `server` is its own process and `status` how that ended; `memory`: what is known of memory.

    How the server's own process ended is often only what followed: it is never reported as the reason if another died.
    """
    own, first = _own_end(status), cause(deaths, bool(memory))
    if first is None and status == 0:
        first = next((death for death in _latest(deaths) if death["pid"] != server), None)
    if first is not None and first["pid"] != server:
        sentences = [sentence(first), own.replace("The server", "The server then", 1)]
    elif first is not None:
        sentences = [f"The server {ending(status)} {MOMENTS[first['moment']]}."]
    else:
        sentences = [own, *(f"Before that, {sentence(death)}" for death in _killed(deaths, server)[:1])]
    return " ".join(filter(None, (*sentences, memory)))


def sentence(death: Death) -> str:
    """Who, of what, at which moment."""
    if death["code"] is None:
        return f"{death['name']} (process {death['pid']}) ended {MOMENTS[death['moment']]} for an unknown reason."
    return f"{death['name']} (process {death['pid']}) {ending(death['code'])} {MOMENTS[death['moment']]}."


def cause(deaths: list[Death], memory_ran_out: bool) -> Death | None:
    """The death that the others followed from; `None` if no death by itself explains anything.

    The signal of a fault comes first. SIGKILL counts where memory ran out: engines end their own tree by it.
    """
    by_signal = [death for death in _latest(deaths) if death["code"] < 0]
    faults = [death for death in by_signal if death["code"] != -signal.SIGKILL]
    return next(iter(faults or (by_signal if memory_ran_out else [])), None)


def preceding(deaths: list[Death], lost: list[Death], well_at: float) -> Death | None:
    """The death that a silent port, a freeze or errors followed from; `None` if no process died since it was well
    (seconds since the epoch).

    Anyone who of it died by a signal first took it along, whatever the signal; how the lost ended is not known.
    """
    since = max(well_at, time.time() - _LATEST_S)
    by_signal = [death for death in deaths if death["at"] > since and death["code"] < 0]
    return cause(by_signal, memory_ran_out=False) or next(
        iter(by_signal or [death for death in lost if death["at"] > since]), None
    )


def _latest(deaths: list[Death]) -> list[Death]:
    since = time.time() - _LATEST_S
    return [death for death in deaths if death["at"] > since and -death["code"] not in ASKED]


def _killed(deaths: list[Death], server: int) -> list[Death]:
    return [d for d in _latest(deaths) if d["code"] == -signal.SIGKILL and d["pid"] != server]


def _own_end(status: int) -> str:
    if status >= 0:
        return f"The server ended by itself with exit status {status}."
    if status == -signal.SIGKILL:
        # An engine may end its whole process tree, itself included, this way when one of its processes fails.
        return "The server was ended by SIGKILL: by a user, the kernel or the engine itself."
    return f"The server {ending(status)}."


def title(process: Process) -> str:
    """What a process calls itself; the kernel keeps only fifteen letters of that next to its number."""
    try:
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")[0].decode("utf-8", "replace").strip()
    except OSError:
        command = ""
    return command if command.startswith(process.name) else process.name


def ending(code: int) -> str:
    """How a process ended, in words that follow its name."""
    if code >= 0:
        return f"ended with exit status {code}"
    try:
        number = signal.Signals(-code)
    except ValueError:
        return f"was ended by signal {-code}"
    return f"was ended by {number.name} ({(signal.strsignal(number) or '').lower()})"


def _has_handles() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


def _how_it_ended(pid: int, handle: int) -> int | None:
    """Its exit status, negative for a signal; `None` if it is no longer known."""
    found = process_table.exit_code(pid)
    return _exit_code(handle) if found is None else found


def _exit_code(handle: int) -> int | None:
    try:
        known, status = _INFO.unpack(fcntl.ioctl(handle, _GET_INFO, _INFO.pack(_EXIT, 0)))
    except OSError:
        return None
    return os.waitstatus_to_exitcode(status) if known & _EXIT else None
