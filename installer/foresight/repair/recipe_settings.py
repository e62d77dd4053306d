"""A repair as `--set` options of a recipe, where they are enough. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from installer.core.recipe import Recipe
from installer.core.repair import Repair
from installer.foresight.pylock import requirement_name
from installer.foresight.repair.commands import options
from installer.foresight.resolution import PACKAGE_STAGES


def with_settings(repair: Repair, recipe: Recipe, arguments: tuple[str, ...]) -> Repair:
    """The repair with what to give to `--set`; none for another engine or a choice of packages."""
    if repair.kind == "flags":
        return replace(repair, settings=tuple(_flags(repair, arguments)))
    if repair.kind != "release" or repair.engine != recipe.engine_name:
        return repair
    if any(len(recipe.package_stage(name).alternatives) > 1 for name in PACKAGE_STAGES):
        return repair
    return replace(repair, settings=(*_packages(repair, recipe), *_flags(repair, arguments)))


def _packages(repair: Repair, recipe: Recipe) -> Iterator[str]:
    pins = {requirement_name(pin): pin for pin in (*repair.pins, *repair.requires)}
    for stage in PACKAGE_STAGES:
        for taken in recipe.package_stage(stage).alternatives:
            for position, requirement in enumerate(taken.requires):
                pin = pins.get(requirement_name(requirement))
                if pin and pin != requirement:
                    yield f"{stage}.requires.{position}={pin}"
    if repair.python:
        yield f"environment.python==={repair.python}.*"


def _flags(repair: Repair, arguments: tuple[str, ...]) -> Iterator[str]:
    """Options that the repair does without; an empty value takes a flag away."""
    if not repair.flags:
        return
    kept = {option.name for option in options(repair.flags)}
    yield from (f"server.flags.{one.name}=" for one in options(arguments) if one.name and one.name not in kept)
