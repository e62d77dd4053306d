"""Stage 6, dependencies: everything else that the engine asks for.

Must not know any other stage: what they share is in `stages.packages`.
"""

from __future__ import annotations

from stages import packages

number = 6
name = "dependencies"
title = "Install the other dependencies"
summary = "Installs everything else that the engine asks for."
undo = "what it added to the run's draft is removed"
changes_environment = True

check, apply, rollback = packages.functions(name)
