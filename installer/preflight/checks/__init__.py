"""The judges: each looks at one kind of clash between what ends up installed, the model and the machine.

A judge is a function of a stack, the machine's facts and the looks into wheels; it yields findings. It never runs
anything, and what it cannot know it yields as a `probe` or leaves to another judge, never as a yes or a no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from installer.core.machine.facts import MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Looks, Stack
from installer.preflight.checks import abi, compiling, flags, gpu, memory
from installer.preflight.checks.model import verdict

Judge = Callable[[Stack, MachineFacts, Looks], Iterator[Finding]]

JUDGES: tuple[tuple[str, Judge], ...] = (
    ("gpu-arch", gpu.judge),
    ("abi-mismatch", abi.judge),
    ("model-unsupported", verdict.judge),
    ("flag-unknown", flags.judge),
    ("memory", memory.judge),
    ("system-library", compiling.judge),
)
"""Each judge with the code of the question that it answers first; findings come in the order of the stages anyway."""
