"""The ten stages of a deployment, in order. This tuple is the only source of their numbers, names and order."""

from __future__ import annotations

from collections.abc import Callable

from installer.core.contracts.stage import Stage, Traits
from stages import (
    s01_cuda,
    s02_environment,
    s03_pytorch,
    s04_flashinfer,
    s05_transformers,
    s06_dependencies,
    s07_engine,
    s08_model,
    s09_verification,
    s10_server,
)

STAGES: tuple[Stage, ...] = (
    s01_cuda,
    s02_environment,
    s03_pytorch,
    s04_flashinfer,
    s05_transformers,
    s06_dependencies,
    s07_engine,
    s08_model,
    s09_verification,
    s10_server,
)


def numbers(having: Callable[[Traits], bool]) -> tuple[int, ...]:
    """The numbers of the stages whose traits are so."""
    return tuple(stage.number for stage in STAGES if having(stage.traits))
