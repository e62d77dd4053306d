"""Recipe text -> `Recipe`, or one error with every problem in it, each with its file and line.

Pure: the text was read by someone else, and nothing is looked up anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from installer.core.errors import UsageError
from installer.core.files.document import Items, Leaf, Table, parse
from installer.core.files.problems import quote, refusal, suggestion
from installer.core.files.schema import read
from installer.core.recipes.file import RecipeFile, rules
from installer.core.recipes.recipe import PackageStage, Profile, Recipe, Server
from installer.core.recipes.settings import apply_settings, settings

T = TypeVar("T")

__all__ = ["Written", "apply_settings", "load", "profiled", "recipe_of", "with_profile", "written"]


@dataclass(frozen=True, slots=True)
class Written:
    """A recipe's text, parsed once; what the command line sets is put into it as often as that changes."""

    tree: Table
    source: str
    text: str


@lru_cache(maxsize=64)
def written(text: str, source: str) -> Written:
    """The text as a tree in which everything knows its line; parsed once by each process. Raises `UsageError`."""
    return Written(parse(text, source, "recipe"), source, text)


def recipe_of(written: Written, settings_given: Sequence[str] = (), engines: Collection[str] = ()) -> Recipe:
    """The recipe, without a profile; what the command line sets wins. Raises one `UsageError` with every problem."""
    tree = apply_settings(written.tree, settings_given)
    file, problems = read(tree, RecipeFile, rules(_index_names(tree), engines))
    if file is None:
        fix = "Correct these lines; recipes/README.md says what each key may be. Nothing was touched."
        raise refusal("recipe", written.source, problems, fix)
    return _recipe(file, written.source)


def load(
    text: str,
    source: str,
    *,
    profile: str | None = None,
    settings_given: Sequence[str] = (),
    engines: Collection[str] = (),
) -> Recipe:
    """The recipe of a text. What the command line sets wins over the profile, which wins over the file.

    `engines`: the names that an engine may have; empty: any.

    Raises one `UsageError` that lists every problem.
    """
    return profiled(recipe_of(written(text, source), settings_given, engines), profile, settings_given)


def profiled(recipe: Recipe, profile: str | None, settings_given: Sequence[str]) -> Recipe:
    """The recipe with that profile, which gives way to what the command line set; itself where none is named."""
    if profile is None:
        return recipe
    return with_profile(recipe, profile, keep=[setting.path[-1] for setting in settings(settings_given)])


def with_profile(recipe: Recipe, name: str, *, keep: Collection[str] = ()) -> Recipe:
    """`recipe` with the flags and variables of a profile in its server, except for those named in `keep`."""
    chosen = next((profile for profile in recipe.profiles if profile.name == name), None)
    if chosen is None:
        known = [profile.name for profile in recipe.profiles]
        raise UsageError(
            f"The recipe {recipe.name} has no profile called {quote(name)}{suggestion(name, known)}",
            f"Its profiles are: {', '.join(known)}." if known else "It has no profiles.",
            "Name one of them, or leave out --profile.",
            code="input-file",
        )
    return replace(recipe, server=_merged(recipe.server, chosen, keep), profile=name)


def _merged(server: Server, profile: Profile, keep: Collection[str]) -> Server:
    flags = _over(server.flags, profile.flags, keep)
    return replace(server, flags=flags, environment=_over(server.environment, profile.environment, keep))


def _over(values: Mapping[str, T], others: Mapping[str, T], keep: Collection[str]) -> Mapping[str, T]:
    return MappingProxyType({**values, **{key: value for key, value in others.items() if key not in keep}})


def _index_names(tree: Table) -> list[str]:
    """The names under `indexes`, as far as they can be read."""
    indexes = tree.entries.get("indexes")
    entries = (
        [item.entries.get("name") for item in indexes.items if isinstance(item, Table)]
        if isinstance(indexes, Items)
        else []
    )
    return [leaf.value for leaf in entries if isinstance(leaf, Leaf) and isinstance(leaf.value, str)]


def _recipe(file: RecipeFile, source: str) -> Recipe:
    same = {found.name: getattr(file, found.name) for found in fields(file) if found.name not in ("schema", "engine")}
    engine = PackageStage(alternatives=file.engine.alternatives, skip=file.engine.skip)
    return Recipe(engine_name=file.engine.name, engine=engine, source=source, **same)
