"""Stage 4, flashinfer: the attention kernels that match torch and CUDA.

Must not know any other stage: what they share is in `stages.packages`.
"""

from __future__ import annotations

from stages import packages

number = 4
name = "flashinfer"
title = "Install FlashInfer"
summary = "Installs the attention kernels that match torch and CUDA."
undo = "what it added to the run's draft is removed"
changes_environment = True

check, apply, rollback = packages.functions(name)
