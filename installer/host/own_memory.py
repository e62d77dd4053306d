"""What the servers of a home use of main memory; pages that several share count by part. Reads process lists only."""

from __future__ import annotations

import re
from pathlib import Path

from installer.core.contracts.serving import ServerState
from installer.core.runs.home import Home
from installer.host import process_table
from installer.host.own_gpu_memory import others, processes_of
from installer.host.server_state import read_state

_PROC = Path("/proc")


def own(home: Home) -> int:
    """Bytes that come free when this server of the home stops."""
    return sum(map(_resident, processes_of(read_state(home), process_table.table())))


def of_others(home: Home) -> dict[str, tuple[ServerState, int]]:
    """The home's other servers that run, by their names, and the bytes that each uses now."""
    processes = process_table.table()
    states = {one.server_name: read_state(one) for one in others(home)}
    return {
        name: (state, sum(map(_resident, processes_of(state, processes))))
        for name, state in states.items()
        if state.running
    }


def _resident(pid: int) -> int:
    """0 if the process has ended, or is none of ours."""
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", (_PROC / str(pid) / "smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
