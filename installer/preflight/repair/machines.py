"""The machine that would do: the least that has to be newer or larger for a stack to lose its blockers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from installer.core.machine.facts import Driver, Gpu, MachineFacts
from installer.knowledge import drivers, gpus

_LARGE_GIB = 80
_COUNTS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Better:
    """A machine that differs from the one asked about, and how."""

    facts: MachineFacts
    words: str


def machines(facts: MachineFacts) -> Iterator[Better]:
    """Machines that are better in one thing, then in two; the smallest step first."""
    for driver in _drivers(facts):
        yield Better(_with_driver(facts, driver), f"a driver of at least {_branch(driver)}")
    for capability in _capabilities(facts):
        yield Better(_with_gpu(facts, capability), f"a GPU of compute capability {capability}")
    for gib in _memories(facts):
        yield Better(_with_memory(facts, gib), f"a GPU with at least {gib} GB of memory")
    for capability in _capabilities(facts):
        for driver in _drivers(facts):
            words = f"a GPU of compute capability {capability} and a driver of at least {_branch(driver)}"
            yield Better(_with_driver(_with_gpu(facts, capability), driver), words)
    yield from _larger(facts)


def _larger(facts: MachineFacts) -> Iterator[Better]:
    """More GPUs, and large ones, with a driver of today: for what fits on no single one."""
    newer = _drivers(facts)
    today = _with_driver(facts, newer[-1]) if newer else facts
    for count in _COUNTS:
        for gib in (gib for gib in gpus.sizes(proposed=True) if gib >= _LARGE_GIB):
            gpu = Gpu(f"GPU with {gib} GB", "9.0", int(gib * 1e9 / (1 << 20)))
            words = f"{count} GPUs with {gib} GB each (compute capability 9.0) and a current driver"
            yield Better(replace(today, gpus=(gpu,) * count), words.replace("1 GPUs with", "a GPU with"))


def least(facts: MachineFacts, fits: Callable[[MachineFacts], bool]) -> Better | None:
    """The first machine that `fits`."""
    return next((better for better in machines(facts) if fits(better.facts)), None)


def _drivers(facts: MachineFacts) -> list[str]:
    """Drivers that a CUDA release begins with, and newer than the machine's, the oldest first."""
    have = drivers.numbers((facts.driver.version if facts.driver else None) or "")
    starts = {row.driver for row in (*drivers.families(), *drivers.toolkits()) if row.in_use}
    return sorted((start for start in starts if drivers.numbers(start) > have), key=drivers.numbers)


def _branch(driver: str) -> str:
    """As drivers are spoken of: "580" for "580.65.06"."""
    return driver.partition(".")[0]


def _capabilities(facts: MachineFacts) -> list[str]:
    current = [row.compute_capability for row in drivers.architectures() if row.last_cuda is None]
    have = min((drivers.numbers(gpu.compute_capability or "0") for gpu in facts.gpus or ()), default=(0,))
    return [row for row in current if drivers.numbers(row) > have]


def _memories(facts: MachineFacts) -> list[int]:
    have = min((gpu.memory_mib or 0 for gpu in facts.gpus or ()), default=0)
    return [gib for gib in gpus.sizes(proposed=True) if gib * 1000 > have * 1.048576 * 1.02]


def _with_driver(facts: MachineFacts, version: str) -> MachineFacts:
    return replace(facts, driver=Driver(version=version, cuda=drivers.highest_cuda(version)))


def _with_gpu(facts: MachineFacts, capability: str) -> MachineFacts:
    name = f"GPU of compute capability {capability}"
    present = facts.gpus or (Gpu(name, memory_mib=int(_LARGE_GIB * 1e9 / (1 << 20))),)
    return replace(facts, gpus=tuple(replace(gpu, name=name, compute_capability=capability) for gpu in present))


def _with_memory(facts: MachineFacts, gib: int) -> MachineFacts:
    mib = int(gib * 1e9 / (1 << 20))
    return replace(facts, gpus=tuple(replace(gpu, memory_mib=mib) for gpu in facts.gpus or ()))
