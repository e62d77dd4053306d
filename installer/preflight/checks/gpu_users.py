"""Who uses the memory of GPUs, in words, and what helps. Pure: sentences about facts of the machine, no check."""

from __future__ import annotations

from collections.abc import Sequence

from installer.core.machine.facts import Gpu, GpuProcess, numbered
from installer.core.text.quantities import gib

_MIB = 1 << 20


def usage(gpus: Sequence[Gpu]) -> str:
    """How much is free on each GPU that is in use, and by what, in a sentence each."""
    return " ".join(
        f"{gpu.name} has {_mib(gpu.free_mib)} of {_mib(gpu.memory_mib)} free; {holders(gpu)}." for gpu in gpus
    )


def holders(gpu: Gpu) -> str:
    """What uses a GPU's memory, the largest first."""
    if not gpu.processes:
        return "the rest is used by processes that are not visible here, such as those of another container or the host"
    words = [_holder(process) for process in gpu.processes[:3]]
    more = len(gpu.processes) - len(words)
    return f"used by {', '.join(words)}" + (f" and {more} more" if more else "")


def _holder(process: GpuProcess) -> str:
    whose = "" if process.server is None else f"{_server(process.server)}, "
    held = f", {_mib(process.memory_mib)}" if process.memory_mib else ""
    return f"{process.name or 'a program'} ({whose}process {process.pid}{held})"


def _server(name: str) -> str:
    return f"server {name} of this home" if name else "the first server of this home"


def way_out(used: Sequence[Gpu], present: Sequence[Gpu], need_mib: float) -> str:
    """What to do: end what uses it, or take GPUs that are free."""
    held = [process for gpu in used for process in gpu.processes or ()]
    commands = sorted({stop_command(process.server) for process in held if process.server is not None})
    if pids := sorted({process.pid for process in held if process.server is None}):
        commands.append(f"`kill {' '.join(map(str, pids))}`")
    end = f"Stop the programs that use it ({', '.join(commands)})" if commands else "Stop the programs that use it"
    free = [number for number, gpu in numbered(present) if gpu.free_mib is not None and gpu.free_mib >= need_mib]
    if len(free) >= len(used):
        return f"{end}, or use a GPU that is free: --set server.gpus={','.join(map(str, free[: len(used)]))}."
    return f"{end}, or use another machine."


def stop_command(server: str) -> str:
    """Its supervisor would start again what is killed."""
    which = f"--server {server} " if server else ""
    return "`deploy-tui " + which + "server stop`"


def _mib(amount: int | None) -> str:
    return "an unknown amount" if amount is None else gib(amount * _MIB)
