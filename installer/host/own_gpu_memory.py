"""What a home's own server holds of a GPU: it is not in the way of that home, which would stop it first.

Reads process lists only. In a container the driver may count processes as the host does; then what is free is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from installer.core.machine.facts import Gpu
from installer.core.runs.home import Home
from installer.host import process_table
from installer.host.server_state import read_state


def given_back(gpus: Sequence[Gpu] | None, home: Home) -> tuple[Gpu, ...] | None:
    """The GPUs as they are once the server of `home` has stopped; unchanged where none runs."""
    state = read_state(home)
    if gpus is None or not (state.running or state.leftovers):
        return None if gpus is None else tuple(gpus)
    roots = [pid for pid in (state.supervisor, state.pid) if pid]
    processes = process_table.table()
    own = process_table.descendants(roots, processes) | set(roots)
    own |= {left.pid for left in state.leftovers}
    if not any(process.pid in own for gpu in gpus for process in gpu.processes or ()):
        return tuple(replace(gpu, free_mib=None) for gpu in gpus)
    return tuple(without(gpu, own) for gpu in gpus)


def without(gpu: Gpu, pids: Collection[int]) -> Gpu:
    """The GPU as if these processes had ended."""
    if gpu.free_mib is None or gpu.processes is None:
        return gpu
    ours = [process for process in gpu.processes if process.pid in pids]
    if any(process.memory_mib is None for process in ours):
        return replace(gpu, free_mib=None)
    others = tuple(process for process in gpu.processes if process.pid not in pids)
    return replace(gpu, free_mib=gpu.free_mib + sum(process.memory_mib or 0 for process in ours), processes=others)
