"""Stage 5, transformers: the version that the engine and the model's tokenizer need.

Must not know any other stage: what they share is in `stages.packages`.
"""

from __future__ import annotations

from installer.core.contracts.stage import Traits
from stages import packages

number = 5
name = "transformers"
title = "Install Transformers"
summary = "Installs the version that the engine and the model's tokenizer need."
undo = "what it added to the run's draft is removed"
traits = Traits(changes_environment=True, installs_packages=True)

check, apply, rollback = packages.functions(name)
