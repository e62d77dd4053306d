"""The least that a machine must have for a model: memory of each GPU, compute capability, driver, disk.

For each number of GPUs; proven on the kinds of GPU that are available, so that on every one that meets it fits the
model. Pure but for the lookups that it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from installer.core.machine.facts import Driver
from installer.core.outcomes import Verdict
from installer.core.plans.stack import Lookups, ModelFacts
from installer.fit.fitting import Asked, Fit, fit
from installer.fit.machines import Held, holding, machine, newest
from installer.fit.serving_option import ServingOption
from installer.knowledge import drivers

COUNTS = (1, 2, 4, 8)
_SPARE_GB = 10
"""For logs, caches of compiled kernels, and what the estimate of the packages misses."""


@dataclass(frozen=True, slots=True)
class Minimum:
    count: int
    """GPUs of the machine."""
    memory_mib: int
    """Of each, as nvidia-smi shows it."""
    capability: str
    """The lowest compute capability."""
    driver: Driver
    """The oldest, with the highest toolkit that it serves."""
    disk_gb: int
    kinds: tuple[str, ...]
    """GPUs that meet it, the smallest first."""
    fit: Fit
    """What the smallest of them make of the model."""


def minima(model: ModelFacts, asked: Asked, way: ServingOption, lookups: Lookups) -> list[Minimum]:
    """One for each number of GPUs with which the model fits on more kinds than with fewer."""
    search = _Search(model, asked, way, lookups)
    found: list[Minimum] = []
    for count in COUNTS:
        least = search.least(count)
        if least is not None and (not found or len(least.kinds) > len(found[-1].kinds)):
            found.append(least)
    return found


class _Search:
    def __init__(self, model: ModelFacts, asked: Asked, way: ServingOption, lookups: Lookups) -> None:
        self._model, self._asked, self._way, self._lookups = model, asked, way, lookups
        self._held = holding(model, asked, (way,), lookups)

    def least(self, count: int) -> Minimum | None:
        """The lowest capability from which on it fits on every GPU that is large enough."""
        works = [held for held in self._held if held.fit.verdict == Verdict.WORKS and held.count <= count]
        for lowest in sorted({_capability(held) for held in works}):
            memory = min(_memory(held) for held in works if _capability(held) >= lowest)
            meets = [held for held in self._held if _capability(held) >= lowest and _memory(held) >= memory]
            if all(held in works for held in meets):
                return self._minimum(count, sorted(meets, key=_memory))
        return None

    def _minimum(self, count: int, meets: Sequence[Held]) -> Minimum:
        oldest, newer = min(meets, key=_capability), max(meets, key=_capability)
        fitting = self._fit(meets[0], count, newest())
        return Minimum(
            count, _memory(meets[0]), oldest.gpu.compute_capability or "", self._driver((oldest, newer), count),
            self._disk(fitting), tuple(dict.fromkeys(held.gpu.name for held in meets)), fitting,
        )  # fmt: skip

    def _driver(self, kinds: Sequence[Held], count: int) -> Driver:
        """The oldest driver with which it fits on those kinds."""
        for driver in _drivers():
            if all(self._fit(held, count, driver).verdict == Verdict.WORKS for held in kinds):
                return driver
        return newest()

    def _fit(self, held: Held, count: int, driver: Driver) -> Fit:
        facts = replace(machine(held.offered, count), driver=driver)
        return fit(self._model, facts, self._asked, (self._way,), self._lookups)

    def _disk(self, found: Fit) -> int:
        """GB for the packages and the weights."""
        packages = (self._way.packages_mib or 0) * (1 << 20)
        return ceil((packages + (found.weights_bytes or 0)) / 1e9) + _SPARE_GB


def _drivers() -> Iterator[Driver]:
    """Drivers that a toolkit begins with, the oldest first, of the families in use."""
    oldest = min((row.driver for row in drivers.families() if row.in_use), key=drivers.numbers)
    for row in drivers.toolkits():
        if drivers.numbers(row.driver) >= drivers.numbers(oldest):
            yield Driver(version=row.driver, cuda=row.cuda)


def _capability(held: Held) -> float:
    return float(held.gpu.compute_capability or 0)


def _memory(held: Held) -> int:
    return held.gpu.memory_mib or 0
