"""Another shipped recipe for the same model that would work on this machine. Checked, never only guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from installer.core.outcomes import RepairKind, Severity
from installer.core.plans.repair import Repair
from installer.core.recipes.recipe import Recipe
from installer.knowledge.engines.shipped import knowledge_engine
from installer.preflight.checks import machine_fit
from installer.session import recipes, stacks
from installer.session.prepared import Prepared


def sibling(prepared: Prepared, would_work: Callable[[Prepared], bool]) -> Repair | None:
    """The best recipe of the same family, or for the same model, without a blocker; `None` if there is none.

    `would_work` checks one that the machine itself allows.
    """
    for recipe in _others(prepared.recipe):
        other = replace(prepared, recipe=recipe)
        if _was_released(recipe, prepared.request.as_of) and _fits(other) and would_work(other):
            return Repair(
                RepairKind.RECIPE, f"Use another recipe for this model: --recipe {recipe.name} ({recipe.title}).",
                engine=recipe.engine_name, recipe=recipe.name,
                requires=tuple(line for taken in recipe.engine.alternatives[:1] for line in taken.requires),
            )  # fmt: skip
    return None


def _others(own: Recipe) -> Iterator[Recipe]:
    """Those that are meant to be chosen, the family first, the preferred ones first."""
    for recipe in sorted(recipes.shipped(), key=lambda one: -max(one.choice.family_priority, one.choice.priority)):
        chosen = recipe.choice.family_priority or recipe.choice.priority
        same_family = own.choice.family is not None and recipe.choice.family == own.choice.family
        if chosen and recipe.name != own.name and (same_family or _model(recipe) == _model(own) != ""):
            yield recipe


def _model(recipe: Recipe) -> str:
    return recipe.model.alternatives[0].hub or ""


def _fits(prepared: Prepared) -> bool:
    stated = machine_fit.unmet_requirements(prepared.recipe, prepared.facts, home=prepared.home.root)
    return not any(finding.severity == Severity.BLOCKER for finding in stated)


def _was_released(recipe: Recipe, day: str | None) -> bool:
    """Whether its engine's release is known not to be younger than the day that is asked about."""
    pin = next((package for package in stacks.pins(recipe) if package.name == recipe.engine_name), None)
    if day is None or pin is None:
        return day is None
    known = knowledge_engine(recipe.engine_name, pin.version)
    return known is not None and bool(known.released) and known.released <= day
