"""How much memory a model needs on a GPU, from its config and the launch alone. Pure: reads knowledge, nothing else.

What is not known stays `None`; what is taken for granted is said in a sentence. Nothing here is a verdict.
"""

from __future__ import annotations

from installer.core.machine.facts import MachineFacts
from installer.core.plans.memory import MemoryEstimate
from installer.core.plans.stack import Stack


def estimate(stack: Stack, facts: MachineFacts) -> MemoryEstimate:
    """The memory figures of a stack's launch on a machine; whatever is not known in them is `None`."""
    from dataclasses import replace

    from installer.models.memory.sizing import size_up

    found = size_up(stack, facts).estimate()
    return replace(found, source=stack.model.source) if stack.model else found
