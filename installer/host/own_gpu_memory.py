"""What a home's own server uses of a GPU: it is not in the way of that home, which would stop it first.

What the home's other servers use is, and is reported as theirs: their supervisors would restart what is killed.

Reads process lists only. In a container the driver may count processes as the host does; then what is free is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from installer.core.contracts.serving import ServerState
from installer.core.machine.facts import Gpu
from installer.core.runs.home import Home
from installer.host import process_table
from installer.host.server_state import read_state


def given_back(gpus: Sequence[Gpu] | None, home: Home) -> tuple[Gpu, ...] | None:
    """The GPUs as they are once the server of `home` has stopped; unchanged where none of the home runs."""
    if not gpus:
        return None if gpus is None else ()
    processes = process_table.table()
    gpus = _named(gpus, others(home), processes)
    state = read_state(home)
    if not (state.running or state.leftovers):
        return gpus
    own = processes_of(state, processes)
    if not any(process.pid in own for gpu in gpus for process in gpu.processes or ()):
        return tuple(replace(gpu, free_mib=None) for gpu in gpus)
    return tuple(without(gpu, own) for gpu in gpus)


def named(gpus: Sequence[Gpu], home: Home) -> tuple[Gpu, ...]:
    """The GPUs with what each server of `home` uses of them named as its."""
    first = home.named("")
    return _named(gpus, (first, *others(first)), process_table.table())


def processes_of(state: ServerState, processes: process_table.Table) -> set[int]:
    """The processes of one server."""
    roots = [pid for pid in (state.supervisor, state.pid) if pid and state.running]
    return process_table.descendants(roots, processes) | set(roots) | {left.pid for left in state.leftovers}


def others(home: Home) -> list[Home]:
    """The same home once for each of its servers but this one."""
    named = [entry.name for entry in home.servers.iterdir()] if home.servers.is_dir() else []
    return [home.named(name) for name in ("", *named) if name != home.server_name]


def _named(gpus: Sequence[Gpu], servers: Sequence[Home], processes: process_table.Table) -> tuple[Gpu, ...]:
    theirs = {pid: one.server_name for one in servers for pid in processes_of(read_state(one), processes)}
    return tuple(_told(gpu, theirs) for gpu in gpus)


def _told(gpu: Gpu, others: Mapping[int, str]) -> Gpu:
    if not gpu.processes:
        return gpu
    return replace(gpu, processes=tuple(replace(one, server=others.get(one.pid)) for one in gpu.processes))


def without(gpu: Gpu, pids: Collection[int]) -> Gpu:
    """The GPU as if these processes had ended."""
    if gpu.free_mib is None or gpu.processes is None:
        return gpu
    ours = [process for process in gpu.processes if process.pid in pids]
    if any(process.memory_mib is None for process in ours):
        return replace(gpu, free_mib=None)
    others = tuple(process for process in gpu.processes if process.pid not in pids)
    return replace(gpu, free_mib=gpu.free_mib + sum(process.memory_mib or 0 for process in ours), processes=others)
