"""How much main memory a server of a home would find: what it uses itself is free, what others are still to use is not.

An engine on the CPU reserves its cache and fills it only while it serves, so what its neighbour uses now is too little.
Only reads.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from installer.core.contracts.serving import LaunchSpec
from installer.core.machine.facts import MachineFacts
from installer.core.runs.home import Home
from installer.host import own_memory
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table

_MIB, _GIB = 1 << 20, 1 << 30


def as_found_by(home: Home, facts: MachineFacts) -> MachineFacts:
    """The facts of this machine as this server of the home would find them once it starts."""
    if facts.memory_free_mib is None:
        return facts
    neighbours = own_memory.of_others(home)
    reserved = sum(max(0, planned(state.launch) - used) for state, used in neighbours.values() if state.launch)
    free = facts.memory_free_mib + (own_memory.own(home) - reserved) // _MIB
    return replace(facts, memory_free_mib=max(0, free), memory_servers=tuple(sorted(neighbours)))


def planned(launch: LaunchSpec) -> int:
    """Bytes that a server on the CPU uses once its cache is full; 0 if it does not say how large that is."""
    variable = definitions.variable_of(launch.engine, "cache_gib")
    try:
        cache = float(launch.environment[variable]) * _GIB
    except (KeyError, ValueError):
        return 0
    weights = sum(file.stat().st_size for file in Path(launch.model).glob("*.safetensors"))
    return int(cache + weights + table("memory")["processes"]["engine_mib"] * _MIB)
