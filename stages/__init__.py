"""The ten stages of a deployment, in order. This tuple is the only source of their numbers, names and order."""

from __future__ import annotations

from installer.core.contracts.stage import Stage
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
