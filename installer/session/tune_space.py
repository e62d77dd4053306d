"""What can be tuned of a recipe's server: its dimensions in order of dependence, and points among their values. Pure.

Dimensions are data of each engine (`installer/knowledge/tuning.yaml`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from installer.core.files.document import Scalar
from installer.core.recipes.recipe import Recipe
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table

RECIPE, DEFAULTS = "the recipe", "the engine's defaults"


@dataclass(frozen=True, slots=True)
class Dimension:
    order: int
    name: str
    flag: str
    """As the recipe spells it, else as the engine's current release does."""
    values: tuple[Scalar | None, ...]
    """`None`: the engine's own default."""


@dataclass(frozen=True, slots=True)
class Point:
    """Flags that differ from the recipe's."""

    name: str
    flags: tuple[tuple[str, Scalar | None], ...] = ()

    @property
    def key(self) -> str:
        """The same for the same settings, whatever led there."""
        return " ".join(f"{flag}={value}" for flag, value in sorted(self.flags))

    @property
    def settings(self) -> tuple[str, ...]:
        """As `--set` takes them."""
        return tuple(f"server.flags.{flag}={_word(value)}" for flag, value in self.flags)

    def moved(self, dimension: Dimension, value: Scalar | None, recipe: Recipe) -> Point:
        """The same with another value there; what is the recipe's own is left out."""
        flags = {**dict(self.flags), dimension.flag: value}
        return Point(f"{dimension.name} {_shown(value)}", _differing(flags, recipe))


def dimensions(recipe: Recipe, aim: str, gpus: int) -> list[Dimension]:
    """What may be tried for an aim with so many GPUs, what is decided first ahead."""
    rows: list[Mapping[str, Any]] = [
        row for row in table("tuning")["dimensions"] if row["engine"] == recipe.engine_name
    ]
    fitting = [row for row in rows if row.get("least_gpus", 0) <= gpus and aim in row.get("aims", (aim,))]
    found = [
        Dimension(row["order"], row["name"], _spelled(row["flag"], recipe), _values(row["values"], gpus))
        for row in fitting
    ]
    return sorted(found, key=lambda one: one.order)


def defaults(recipe: Recipe, known: list[Dimension]) -> Point:
    """Every dimension as the engine has it by itself."""
    return Point(DEFAULTS, _differing({one.flag: None for one in known}, recipe))


def steps(at: Point, dimension: Dimension, recipe: Recipe) -> Iterator[Point]:
    """The points that one dimension leads to."""
    for value in dimension.values:
        yield at.moved(dimension, value, recipe)


def _differing(flags: Mapping[str, Scalar | None], recipe: Recipe) -> tuple[tuple[str, Scalar | None], ...]:
    own = recipe.server.flags
    return tuple((flag, value) for flag, value in flags.items() if own.get(flag) != value)


def _values(values: list[Scalar | None], gpus: int) -> tuple[Scalar | None, ...]:
    """Without what needs more GPUs than there are, where the values are numbers of GPUs."""
    return tuple(values) if gpus < 2 else tuple(v for v in values if not isinstance(v, int) or v > 8 or v <= gpus)


def _spelled(flag: str, recipe: Recipe) -> str:
    engine = definitions.engine(recipe.engine_name)
    same = next((names for names in engine.flags.values() if flag in names), (flag,)) if engine else (flag,)
    return next((name for name in recipe.server.flags if name in same), flag)


def _word(value: Scalar | None) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: Scalar | None) -> str:
    return "default" if value is None else str(value)
