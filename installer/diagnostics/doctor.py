"""Looks a machine over, whatever is going to be deployed on it. Pure over the facts: it measures and changes nothing.

What is not known is not mentioned: a recipe's own demands are compared by `installer.preflight.checks.machine_fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from installer.core.machine.facts import MachineFacts
from installer.diagnostics import gpu_checks, system_checks
from installer.diagnostics.doctor_finding import DoctorFinding

__all__ = ["DoctorFinding", "examine"]

CHECKS: tuple[Callable[[MachineFacts], Iterator[DoctorFinding]], ...] = (
    gpu_checks.gpus,
    gpu_checks.links,
    gpu_checks.driver,
    gpu_checks.generations,
    gpu_checks.image,
    gpu_checks.compilers,
    system_checks.system,
    system_checks.processor,
    system_checks.memory,
    system_checks.shared_memory,
    system_checks.disk,
    system_checks.links,
    system_checks.pythons,
    system_checks.ports,
    system_checks.network,
)
"""In the order in which they are reported."""


def examine(facts: MachineFacts) -> list[DoctorFinding]:
    """Everything worth saying about a machine, what is fine as well."""
    return [finding for check in CHECKS for finding in check(facts)]
