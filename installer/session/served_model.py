"""Which of the models that a recipe names in turn would be served here. Looks at sizes only, and touches nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from installer.core.plans.plan import PlannedStage
from installer.core.recipes.recipe import ModelSource
from installer.session.prepared import Prepared
from stages import models


def with_served_model(prepared: Prepared, stages: Sequence[PlannedStage]) -> Prepared:
    """The recipe with that model first: it is complete on this disk, or `stages` say that it would be fetched."""
    recipe = prepared.recipe
    sources = recipe.model.alternatives
    fetched = {change.about for stage in stages if stage.name == "model" for change in stage.changes}

    def is_served(source: ModelSource) -> bool:
        return not models.missing(prepared.home, source) or str(models.folder(prepared.home, source)) in fetched

    found = next(filter(is_served, sources), sources[0])
    if found is sources[0] or not prepared.facts.here:
        return prepared
    ordered = (found, *(source for source in sources if source is not found))
    return replace(prepared, recipe=replace(recipe, model=replace(recipe.model, alternatives=ordered)))
