"""Stage 7, engine: the inference engine itself, without touching what is there.

Must not know any other stage: what they share is in `stages.packages`.
"""

from __future__ import annotations

from stages import packages

number = 7
name = "engine"
title = "Install the engine"
summary = "Installs the inference engine itself, without touching what is there."
undo = "the generation it worked on is dropped"
changes_environment = True

check, apply, rollback = packages.functions(name)
