"""The setting that puts another release of its engine into a recipe. Pure but for reading the recipe."""

from __future__ import annotations

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from installer.core.errors import UsageError
from installer.core.recipes.recipe import Recipe
from installer.knowledge.engines import definitions
from installer.session import recipes

_KEYS = ("engine.requires.{at}", "engine.alternatives.0.requires.{at}")
"""Where a recipe may name its engine."""


def other_release(recipe: str, release: str) -> str:
    """`--set` for that release. Raises `UsageError` for what is no release, or where the recipe names none."""
    try:
        Version(release)
    except InvalidVersion:
        raise UsageError(
            f'"{release}" is not a release.', "", "Write it like the index does, such as --to 0.5.24."
        ) from None
    found = recipes.load(recipe)
    for at, requirement in enumerate(_requires(found)):
        parsed = Requirement(requirement)
        if parsed.name in _distributions(found):
            extras = f"[{','.join(sorted(parsed.extras))}]" if parsed.extras else ""
            return _fitting(recipe, at, f"{parsed.name}{extras}=={release}")
    raise UsageError(
        f"The recipe {found.name} does not say which release of its engine it takes.", "",
        "Name the new one as a recipe of its own: --recipe FILE.",
    )  # fmt: skip


def _requires(recipe: Recipe) -> tuple[str, ...]:
    return recipe.engine.alternatives[0].requires if recipe.engine.alternatives else ()


def _distributions(recipe: Recipe) -> tuple[str, ...]:
    engine = definitions.engine(recipe.engine_name)
    return engine.distributions if engine else (recipe.engine_name,)


def _fitting(recipe: str, at: int, wanted: str) -> str:
    """The spelling that this recipe's file takes."""
    problem: UsageError | None = None
    for key in _KEYS:
        setting = f"{key.format(at=at)}={wanted}"
        try:
            if wanted in _requires(recipes.load(recipe, settings=(setting,))):
                return setting
        except UsageError as error:
            problem = problem or error
    assert problem is not None
    raise problem
