"""Which GPUs of a machine a launch uses, and the memory of the smallest of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from installer.core.machine.facts import Gpu, MachineFacts, numbered
from installer.core.plans.procedure import Launch
from installer.core.text.numbers import is_whole
from installer.knowledge.gpus import completed


@dataclass(frozen=True, slots=True)
class Used:
    wanted: int
    """GPUs of this machine that the launch uses."""
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
    least = min(free, default=None)  # at most so much: of the others it may be less
    return Used(wanted, len(visible), chosen, smallest, notes[:1], least)


def _visible(gpus: Sequence[Gpu], launch: Launch | None) -> list[Gpu]:
    return [gpus[place] for place in visible(gpus, launch)]


def visible(gpus: Sequence[Gpu], launch: Launch | None) -> list[int]:
    """The places in `gpus` of those that a launch can see."""
    numbers = [number for number, _ in numbered(gpus)]
    if len(set(numbers)) < len(numbers):  # the parts of a GPU that is split share its number
        numbers = list(range(len(gpus)))
    if launch is not None and launch.devices is not None:
        there = _places(launch.devices, numbers)
        numbers = list(range(len(there)))  # a container counts its GPUs from 0 again
    else:
        there = list(range(len(gpus)))
    named = (launch.environment.get("CUDA_VISIBLE_DEVICES") if launch else None) or ""
    words = [part.strip() for part in named.split(",") if part.strip()]
    if not words or not all(is_whole(word) for word in words):
        return there
    return [there[place] for place in _places(map(int, words), numbers)]


def _places(wanted: Iterable[int], numbers: Sequence[int]) -> list[int]:
    return [numbers.index(number) for number in wanted if number in numbers]
