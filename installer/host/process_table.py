"""The kernel's own list of processes, and which of them belong together. Read from /proc with the standard library.

Used by the supervisor, so it must import nothing heavy. It must never end a process: it only finds them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from installer.core.contracts.serving import NamedProcess
from installer.core.text.numbers import is_whole

_PROC = Path("/proc")


class Process(NamedTuple):
    pid: int
    parent: int
    session: int
    started: int
    """Clock ticks since boot: together with the pid it names one process for good."""
    name: str
    alive: bool
    """False for a process that has ended and waits for its parent to notice.

    One whose first thread has ended while others still have not is alive: it may use gigabytes of a GPU for seconds.
    """

    def __str__(self) -> str:
        return f"{self.pid} {self.name}"


Table = dict[int, Process]


def named(processes: Iterable[Process]) -> tuple[NamedProcess, ...]:
    """The same for a person."""
    return tuple(NamedProcess(process.pid, process.name) for process in processes)


def one(pid: int) -> Process | None:
    """The process with this pid; `None` if there is none."""
    try:
        text = (_PROC / str(pid) / "stat").read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    # The name is in parentheses and may itself hold blanks and parentheses.
    head, _, tail = text.rpartition(")")
    values = tail.split()
    name = head.partition("(")[2]
    alive = values[0] not in "ZXx" or int(values[17]) > 1
    return Process(pid, int(values[1]), int(values[3]), int(values[19]), name, alive)


def started(pid: int) -> int:
    """When it was started; 0 if there is none."""
    process = one(pid)
    return process.started if process else 0


def boot_of_this_place() -> float | None:
    """When this machine or container was started: the start of its first process (seconds since the epoch)."""
    first = one(1)
    try:
        lines = (_PROC / "stat").read_text().splitlines()
        boot = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
    return boot + first.started / os.sysconf("SC_CLK_TCK") if first else None


def exit_code(pid: int) -> int | None:
    """How a process ended that is not reaped yet, negative for a signal; `None` if it cannot be read."""
    try:
        values = (_PROC / str(pid) / "stat").read_bytes().decode("utf-8", "replace").rpartition(")")[2].split()
        return os.waitstatus_to_exitcode(int(values[49])) if values[0] in "ZXx" else None
    except (OSError, ValueError, IndexError):
        return None


def table() -> Table:
    """Every process that we may see."""
    with os.scandir(_PROC) as entries:
        pids = [int(entry.name) for entry in entries if is_whole(entry.name)]
    return {process.pid: process for pid in pids if (process := one(pid))}


def is_alive(pid: int, started: int) -> bool:
    """Whether exactly this process still runs."""
    process = one(pid)
    return process is not None and process.alive and process.started == started


def descendants(roots: Iterable[int], processes: Table) -> set[int]:
    """Children, their children and so on; not the roots themselves."""
    children: dict[int, list[int]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def marked(marker: str, processes: Table) -> set[int]:
    """Those that were started with `marker` ("NAME=value") in their environment, as far as it can be read."""
    wanted = marker.encode()
    return {pid for pid in processes if wanted in _environment(pid)}


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def namespace() -> str:
    """Names this boot and this container: pids that were written down in another one mean nothing here."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = "unknown"
    try:
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return boot
