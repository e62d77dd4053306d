"""Stage 9: the whole environment, checked as a user would (`verification.py`). Never changes it, or the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from installer.core.contracts.stage import Leftover, StageContext, Traits
from stages.verification import SCRIPT, apply, check, fingerprint, request

__all__ = [
    "SCRIPT",
    "apply",
    "check",
    "fingerprint",
    "name",
    "number",
    "request",
    "rollback",
    "summary",
    "title",
    "traits",
    "undo",
]

number = 9
name = "verification"
title = "Verify the environment"
summary = (
    "The whole environment, as a user would check it: versions, files, libraries, imports, the engine's first token, "
    "ABI, a kernel, tokenizer."
)
undo = "nothing to undo"
traits = Traits(read_only=True, needs_machine=True, repeats_when_asked=True, again="verify the new environment")


def rollback(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
    """Nothing was changed."""
    return ()
