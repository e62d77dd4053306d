"""Which GPUs of a machine a launch uses, and the memory of the smallest of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.plans.procedure import Launch
from installer.core.text.numbers import is_whole
from installer.knowledge.gpus import completed


@dataclass(frozen=True, slots=True)
class Used:
    wanted: int
    """GPUs of this machine that the launch asks for."""
    present: int | None
    """GPUs that it can see; `None`: not known."""
    gpus: tuple[Gpu, ...] = ()
    """Those that it uses."""
    memory_mib: int | None = None
    """Of the smallest of them."""
    assumed: tuple[str, ...] = ()
    free_mib: int | None = None
    """Of the one that has the least; `None`: not known of all of them."""

    @property
    def unequal(self) -> bool:
        return len({gpu.memory_mib for gpu in self.gpus}) > 1

    @property
    def smallest(self) -> Gpu | None:
        return min((gpu for gpu in self.gpus if gpu.memory_mib), key=lambda gpu: gpu.memory_mib or 0, default=None)


def used_gpus(facts: MachineFacts, launch: Launch | None, *, wanted: int) -> Used:
    """The first `wanted` GPUs, or those that CUDA_VISIBLE_DEVICES names."""
    if facts.gpus is None:
        return Used(wanted, None)
    visible = _visible(facts.gpus, launch)
    chosen = tuple(completed(gpu) for gpu in visible[:wanted])
    known = [gpu.memory_mib for gpu in chosen if gpu.memory_mib is not None]
    notes = tuple(
        f"The memory of {gpu.name} is not given; {gpu.memory_mib} MiB is usual for this GPU."
        for gpu, stated in zip(chosen, visible, strict=False)
        if stated.memory_mib is None and gpu.memory_mib is not None
    )
    smallest = min(known) if known and len(known) == len(chosen) else None
    free = [gpu.free_mib for gpu in chosen if gpu.free_mib is not None]
    least = min(free) if free and len(free) == len(chosen) else None
    return Used(wanted, len(visible), chosen, smallest, notes[:1], least)


def _visible(gpus: Sequence[Gpu], launch: Launch | None) -> list[Gpu]:
    return [gpus[number] for number in visible(len(gpus), launch)]


def visible(count: int, launch: Launch | None) -> list[int]:
    """The numbers of the GPUs that a launch can see, of so many that there are."""
    given = range(count) if launch is None or launch.devices is None else launch.devices
    there = [number for number in given if number < count]
    named = (launch.environment.get("CUDA_VISIBLE_DEVICES") if launch else None) or ""
    numbers = [part.strip() for part in named.split(",") if part.strip()]
    if not numbers or not all(is_whole(number) for number in numbers):
        return there
    return [there[int(number)] for number in numbers if int(number) < len(there)]
