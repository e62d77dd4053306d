"""Stage 4, flashinfer: the attention kernels that match torch and CUDA.

Must not know any other stage: what they share is in `stages.packages`.
"""

from __future__ import annotations

from installer.core.contracts.stage import Traits
from stages import packages

number = 4
name = "flashinfer"
title = "Install FlashInfer"
summary = "Installs the attention kernels that match torch and CUDA."
undo = "what it added to the run's draft is removed"
traits = Traits(changes_environment=True, installs_packages=True)

check, apply, rollback = packages.functions(name)
