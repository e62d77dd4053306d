"""Asks the kernel for leave to use AMX tiles: what an engine's process does that loads this as a plugin.

Linux lets a process touch AMX tile data only after it has asked once (`arch_prctl(ARCH_REQ_XCOMP_PERM, 18)`, see
Documentation/arch/x86/xstate.rst); one that did not ask is ended by SIGILL. Leave is lost at exec, so each process asks
for itself. Standard library only. Never raises, changes no setting of the engine, and does nothing on a processor
without AMX or where leave was given already.
"""

from __future__ import annotations

import ctypes
import logging
import platform
from collections.abc import Callable
from pathlib import Path

ARCH_PRCTL = 158
"""Number of the system call on x86-64."""
GET_LEAVE, ASK_LEAVE = 0x1022, 0x1023
TILE_DATA = 18
"""Number of the state component with the tiles (XFEATURE_XTILEDATA)."""
Call = Callable[[int, object], int]
"""`arch_prctl(code, argument)`: 0, or another number where the kernel refused."""

_log = logging.getLogger("vllm.amx_leave")


def plugin() -> None:
    """The entry point."""
    try:
        answer = ask(Path("/proc/cpuinfo").read_text(errors="replace"), platform.machine(), _arch_prctl)
    except Exception as error:
        answer = f"whether AMX may be used could not be determined ({error})"
    _log.debug("AMX: %s", answer)


def ask(cpuinfo: str, machine: str, call: Call) -> str:
    """Ask where it is needed; what came of it."""
    if not has_tiles(cpuinfo, machine):
        return "this processor has none, so nothing was requested"
    if has_leave(call):
        return "permission was granted before"
    call(ASK_LEAVE, ctypes.c_ulong(TILE_DATA))
    return "permission was requested and granted" if has_leave(call) else "the kernel denied permission"


def has_tiles(cpuinfo: str, machine: str) -> bool:
    """Whether the processor that `/proc/cpuinfo` describes has AMX tiles."""
    flags = (line.partition(":")[2].split() for line in cpuinfo.splitlines() if line.startswith("flags"))
    return machine in ("x86_64", "AMD64") and "amx_tile" in next(flags, [])


def has_leave(call: Call) -> bool:
    """Whether this process may use the tiles; a kernel that does not know the question gives no leave."""
    components = ctypes.c_ulong(0)
    return call(GET_LEAVE, ctypes.byref(components)) == 0 and bool(components.value >> TILE_DATA & 1)


def _arch_prctl(code: int, argument: object) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(ARCH_PRCTL, code, argument))
