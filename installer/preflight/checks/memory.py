"""Whether weights, key-value cache, downloads and shared memory fit on the machine. Checks by numbers only.

Nothing is a blocker that rests on a guess: where a figure is assumed, it has to fail by far, or it is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.machine.facts import MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, Stack
from installer.models.memory.sizing import size_up
from installer.preflight.checks import context, disk, gpu_memory, host_memory


def check(stack: Stack, facts: MachineFacts, lookups: Lookups) -> Iterator[Finding]:
    """Findings about GPU memory, main memory, shared memory and disk."""
    if stack.launch is not None:
        sizing = size_up(stack, facts)
        yield from context.findings(stack, sizing)
        if sizing.on_cpu:
            yield from host_memory.cpu_findings(stack, facts, sizing)
        else:
            yield from gpu_memory.findings(stack, sizing, facts)
            yield from host_memory.findings(stack, facts, sizing)
    yield from disk.findings(stack, facts)
