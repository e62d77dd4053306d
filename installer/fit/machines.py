"""Machines to compare: each known GPU, up to eight of one kind, with a driver and a system of today. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from installer.core.machine.facts import Driver, Gpu, MachineFacts, OperatingSystem
from installer.core.outcomes import Verdict
from installer.core.plans.stack import Lookups, ModelFacts
from installer.fit.fitting import Asked, Fit, fit
from installer.fit.serving_option import ServingOption
from installer.knowledge import drivers
from installer.knowledge.gpus import Offered, offered

MOST = 8
"""GPUs of one machine."""
_GLIBC = "2.39"
"""Of Ubuntu 24.04 (knowledge/images.yaml)."""


@dataclass(frozen=True, slots=True)
class Held:
    """A kind of GPU, and what the fewest of them make of the model."""

    offered: Offered
    fit: Fit

    @property
    def gpu(self) -> Gpu:
        return self.offered.gpu

    @property
    def count(self) -> int:
        return self.fit.parallel.gpus

    @property
    def memory_mib(self) -> int:
        return self.count * (self.gpu.memory_mib or 0)


def holding(model: ModelFacts, asked: Asked, ways: Sequence[ServingOption], lookups: Lookups) -> list[Held]:
    """How the model fits on each kind of GPU: first those where it does, from the smallest; then the others."""
    found = [Held(one, fit(model, machine(one), asked, ways, lookups)) for one in offered()]
    return sorted(found, key=lambda held: (held.fit.verdict == Verdict.FAILS, held.memory_mib, -_capability(held.gpu)))


def machine(one: Offered, count: int = MOST) -> MachineFacts:
    """A machine with so many of a GPU; what is not given stays unknown."""
    return MachineFacts(
        name=f"{count}x {one.gpu.name}", os=OperatingSystem("ubuntu", "24.04", _GLIBC, one.arch), driver=newest(),
        gpus=(one.gpu,) * count,
    )  # fmt: skip


def newest() -> Driver:
    """The newest driver that is in use."""
    version = max((row.driver for row in (*drivers.families(), *drivers.toolkits())), key=drivers.numbers)
    return Driver(version=version, cuda=drivers.highest_cuda(version))


def _capability(gpu: Gpu) -> float:
    return float(gpu.compute_capability or 0)
