"""Stage 3, pytorch: torch and everything that it needs; first, because it fixes the ABI.

Must not know any other stage: what they share is in `stages.packages`.
"""

from __future__ import annotations

from installer.core.contracts.stage import Traits
from stages import packages

number = 3
name = "pytorch"
title = "Install PyTorch"
summary = "Installs torch and everything that it needs; first, because it fixes the ABI."
undo = "what it added to the run's draft is removed"
traits = Traits(changes_environment=True, installs_packages=True)

check, apply, rollback = packages.functions(name)
