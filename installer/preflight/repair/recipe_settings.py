"""A repair as `--set` options of a recipe, where they are enough. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import RepairKind
from installer.core.plans.repair import Repair
from installer.core.recipes.file import PACKAGE_STAGES
from installer.core.recipes.recipe import Recipe
from installer.knowledge.versions import fits
from installer.packages.pylock import requirement_name
from installer.preflight.repair.commands import options


def with_settings(repair: Repair, recipe: Recipe, facts: MachineFacts, arguments: tuple[str, ...]) -> Repair:
    """The repair with what to give to `--set`; none for another engine."""
    if repair.kind == RepairKind.FLAGS:
        return replace(repair, settings=repair.settings or tuple(_flags(repair, arguments)))
    if repair.kind != RepairKind.RELEASE or repair.engine != recipe.engine_name:
        return repair
    return replace(repair, settings=(*_packages(repair, recipe), *_flags(repair, arguments), *_stated(recipe, facts)))


def _packages(repair: Repair, recipe: Recipe) -> Iterator[str]:
    pins = {requirement_name(pin): pin for pin in (*repair.pins, *repair.requires)}
    for stage in PACKAGE_STAGES:
        ways = recipe.package_stage(stage).alternatives
        for number, taken in enumerate(ways):
            # As such a section is written: it has one way, several are a list.
            place = stage if len(ways) == 1 else f"{stage}.alternatives.{number}"
            for position, requirement in enumerate(taken.requires):
                pin = pins.get(requirement_name(requirement))
                if pin and pin != requirement:
                    yield f"{place}.requires.{position}={pin}"
    if repair.python:
        yield f"environment.python==={repair.python}.*"


def _flags(repair: Repair, arguments: tuple[str, ...]) -> Iterator[str]:
    """Options that go, and those that come in their place; an empty value takes a flag away."""
    if not repair.flags:
        return
    before = {option.name: option for option in options(arguments) if option.name}
    after = {option.name: option for option in options(repair.flags) if option.name}
    yield from (f"server.flags.{name}=" for name in before if name not in after)
    for name, option in after.items():
        if name not in before:
            yield f"server.flags.{name}={option.values[0] if option.values else 'true'}"


def _stated(recipe: Recipe, facts: MachineFacts) -> Iterator[str]:
    """What the recipe asks of a machine for the versions that go, and this one does not have."""
    wants = recipe.requirements
    driver = facts.driver.version if facts.driver else None
    if wants.driver and fits(driver, wants.driver) is False:
        yield "requirements.driver="
    if wants.glibc and fits(facts.os.glibc, wants.glibc) is False:
        yield "requirements.glibc="
    capability = wants.compute_capability
    if capability and any(fits(gpu.compute_capability, capability) is False for gpu in facts.gpus or ()):
        yield "requirements.compute_capability="
