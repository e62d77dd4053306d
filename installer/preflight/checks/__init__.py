"""The judges: each looks at one kind of clash between what ends up installed, the model and the machine.

A judge is a function of a stack, the machine's facts and the looks into wheels; it yields findings. It never runs
anything, and what it cannot know it yields as a `probe` or leaves to another judge, never as a yes or a no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, Stack
from installer.preflight.checks import abi, compiling, flags, gpu, memory
from installer.preflight.checks.model import verdict

Check = Callable[[Stack, MachineFacts, Lookups], Iterator[Finding]]

CHECKS: tuple[tuple[Code, Check], ...] = (
    (Code.GPU_ARCH, gpu.check),
    (Code.ABI_MISMATCH, abi.check),
    (Code.MODEL_UNSUPPORTED, verdict.check),
    (Code.FLAG_UNKNOWN, flags.check),
    (Code.MEMORY, memory.check),
    (Code.SYSTEM_LIBRARY, compiling.check),
)
"""Each judge with the code of the question that it answers first; findings come in the order of the stages anyway."""
