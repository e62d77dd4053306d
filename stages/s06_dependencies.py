"""Stage 6, dependencies: everything else that the engine requires.

Must not know any other stage: what they share is in `stages.packages`.
"""

from __future__ import annotations

from installer.core.contracts.stage import Traits
from stages import packages

number = 6
name = "dependencies"
title = "Install the other dependencies"
summary = "Installs everything else that the engine requires."
undo = "what it added to the run's draft is removed"
traits = Traits(changes_environment=True, installs_packages=True)

check, apply, rollback = packages.functions(name)
