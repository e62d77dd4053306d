"""The GPUs that a recipe's server uses; others of the machine are no matter of its environment. Pure."""

from __future__ import annotations

from installer.core.contracts.stage import StageContext
from installer.core.machine.facts import Gpu


def of(ctx: StageContext) -> tuple[Gpu, ...]:
    """None where the recipe runs without a GPU, whatever the machine has."""
    return () if ctx.recipe.requirements.gpu is False else ctx.facts.gpus or ()
