"""Over how many GPUs a server's command line spreads a model. Pure; what is not a number counts as one."""

from __future__ import annotations

from collections.abc import Sequence

from installer.core.plans.procedure import Launch
from installer.knowledge.engines import launch_reader


def tensor_parallel(arguments: Sequence[str]) -> int:
    """The tensor-parallel size of a launch whose release was not looked up yet; `looked_up` corrects it."""
    return launch_reader.over(launch_reader.read(Launch(10, arguments=tuple(arguments)))) or 1
