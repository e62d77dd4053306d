"""Explains the flags of a recipe's server: what each is, its value here and why, and what is traded for what. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from installer.core.files.document import Scalar
from installer.core.recipes.recipe import Recipe
from installer.knowledge import tables


@dataclass(frozen=True, slots=True)
class Parameter:
    flag: str
    value: Scalar | None
    """Here; `None` if the recipe leaves it to the engine."""
    chosen_by: str
    """"recipe", "profile NAME" or "engine"."""
    what: str
    why: str
    trade_off: str
    sources: tuple[str, ...]
    """Addresses, or what was measured."""


def explained(recipe: Recipe) -> list[Parameter]:
    """Every flag of the recipe's server, in its order; those that no row explains have empty sentences."""
    return [_parameter(flag, recipe) for flag in recipe.server.flags]


def explain(flag: str, recipe: Recipe) -> Parameter | None:
    """One flag by any of its names, with or without dashes; `None` if neither recipe nor row knows it."""
    name = flag if flag.startswith("--") else f"--{flag.replace('_', '-')}"
    row = _row(name, recipe.engine_name)
    known = str(row["flag"]) if row else name
    if row is None and known not in recipe.server.flags:
        return None
    return _parameter(known, recipe)


def names(recipe: Recipe) -> list[str]:
    """Every flag that can be explained for this recipe's engine."""
    return list(dict.fromkeys([*recipe.server.flags, *(str(row["flag"]) for row in _rows(recipe.engine_name))]))


def _parameter(flag: str, recipe: Recipe) -> Parameter:
    row = _row(flag, recipe.engine_name) or {}
    table = tables.table("parameters")["sources"]
    return Parameter(
        flag=flag,
        value=recipe.server.flags.get(flag),
        chosen_by=_chosen_by(flag, recipe),
        what=row.get("what", ""),
        why=row.get("why", ""),
        trade_off=row.get("trade_off", ""),
        sources=tuple(table[source] for source in row.get("sources", ())),
    )


def _chosen_by(flag: str, recipe: Recipe) -> str:
    if flag not in recipe.server.flags:
        return "engine"
    profile = next((profile for profile in recipe.profiles if profile.name == recipe.profile), None)
    return f"profile {profile.name}" if profile and flag in profile.flags else "recipe"


def _rows(engine: str) -> Iterator[Mapping[str, Any]]:
    yield from (row for row in tables.table("parameters")["parameters"] if engine in row["engines"])


def _row(flag: str, engine: str) -> Mapping[str, Any] | None:
    return next((row for row in _rows(engine) if flag in (row["flag"], *row.get("formerly", ()))), None)
