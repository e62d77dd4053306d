"""The judges: each looks at one kind of clash between what ends up installed, the model and the machine.

A judge is a function of a stack, the machine's facts and the looks into wheels; it yields findings. It never runs
anything, and what it cannot know it yields as a `probe` or leaves to another judge, never as a yes or a no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType

from installer.core.facts import MachineFacts
from installer.core.plan import Finding
from installer.core.stack import Looks, Stack

Judge = Callable[[Stack, MachineFacts, Looks], Iterator[Finding]]

CODES: Mapping[str, str] = MappingProxyType(
    {"gpu": "gpu-arch", "abi": "abi-mismatch", "model": "model-unsupported", "flags": "flag-unknown",
     "memory": "memory"}
)  # fmt: skip
"""Each judge's module, and the code of the question that it answers first."""


def judges() -> tuple[tuple[str, Judge], ...]:
    """Every judge there is, by the name of its module, in the order of this list."""
    present = [name for name in CODES if find_spec(f"{__name__}.{name}")]
    return tuple((name, import_module(f"{__name__}.{name}").judge) for name in present)
