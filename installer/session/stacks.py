"""From a recipe and its packages to the stack that is checked: those that are resolved, or those that it pins.

Pure but for the lookups that it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from installer.core.machine.facts import MachineFacts
from installer.core.packages.lock import Lock, LockedPackage
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.core.recipes.file import PACKAGE_STAGES
from installer.core.recipes.recipe import ModelSource, Recipe
from installer.host.background_call import attempt
from installer.knowledge.images import by_reference
from installer.knowledge.tables import table
from installer.packages import pylock, target
from installer.preflight.checks.parallel import tensor_parallel
from stages import STAGES
from stages.launching import arguments

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLookups

_HUB_REPOSITORY = re.compile(r"https://huggingface\.co/([^/]+/[^/]+?)(?:\.git)?/?")
_EXTRAS = re.compile(r"\[([^\]]+)\]")


def stack_of(recipe: Recipe, facts: MachineFacts, lock: Lock, model: ModelFacts | None) -> Stack:
    """What `recipe` comes to with the packages of `lock`."""
    launch = launch_of(recipe)
    extras = _extras(recipe)
    return Stack(
        python=lock.python,
        platform=target.platform(facts),
        packages={package.name: _placed(package, extras.get(package.name, ())) for package in lock.packages},
        launch=launch,
        model=model,
        tensor_parallel=tensor_parallel(launch.arguments),
        toolkit=recipe.environment.toolkit,
    )


def supposed(recipe: Recipe, facts: MachineFacts, model: ModelFacts | None, lookups: WheelLookups) -> Stack:
    """What the recipe's own pins come to, with what its engine is known to require."""
    from installer.preflight.repair.assumed_install import suppose

    launch, pinned = launch_of(recipe), {package.name: package for package in pins(recipe)}
    python, _ = target.python_version(recipe, facts)
    base = Stack(
        python, target.platform(facts), pinned, launch, model, tensor_parallel=tensor_parallel(launch.arguments)
    )
    engine = pinned.get(recipe.engine_name)
    known = attempt(lambda: lookups.engine(recipe.engine_name, engine.version), None) if engine else None
    if known is None:
        return base
    complete = suppose(known, lookups, base, python=python, launch=launch)
    return replace(complete, packages={**complete.packages, **pinned})


def pins(recipe: Recipe) -> Iterator[Placed]:
    """The exact pins of the first alternatives, or the engine that a container image is known to contain."""
    if recipe.container:
        yield from shipped(recipe)
    for name in PACKAGE_STAGES:
        for taken in recipe.package_stage(name).alternatives[:1]:
            for requirement in taken.requires:
                _, exactly, version = requirement.partition("==")
                if exactly and "," not in version and "*" not in version:
                    yield Placed(pylock.requirement_name(requirement), version.partition(";")[0].strip(), _number(name))


def shipped(recipe: Recipe) -> tuple[Placed, ...]:
    """The engine inside the recipe's container image, as far as the image's tag tells its release."""
    image = by_reference(recipe.container.image) if recipe.container else None
    if image is None or image.engine != recipe.engine_name or "engine" not in image.parts:
        return ()
    return (Placed(image.engine, image.parts["engine"], 7, source="image"),)


def launch_of(recipe: Recipe) -> Launch:
    """How stage 10 would start the server, with the model by its name."""
    named = model_name(recipe.model.alternatives[0])
    return Launch(
        stage=10,
        engine=recipe.engine_name,
        arguments=arguments(recipe, named or recipe.model.served_as),
        environment=recipe.server.environment,
        model=named,
        shm_mib=_shared_memory(recipe),
    )


def _shared_memory(recipe: Recipe) -> int | None:
    """Of the recipe's container: what it requires, else what Docker gives; `None` if it is the machine's own."""
    if recipe.container is None or recipe.container.host_ipc:
        return None
    given: int = recipe.container.shm_mib or table("memory")["shared_memory"]["docker_mib"]
    return given


def model_name(source: ModelSource) -> str:
    """The model's name at the hub, or the folder; empty for a stand-in, and for what no hub names."""
    at_hub = _HUB_REPOSITORY.fullmatch(source.git or "")
    held = source.package.holds if source.package else None
    return source.hub or source.path or held or (at_hub[1] if at_hub else "")


def _placed(package: LockedPackage, extras: tuple[str, ...]) -> Placed:
    stage = _number(package.stage)
    return Placed(package.name, package.version, stage, source=package.source, url=package.url, extras=extras)


def _number(name: str) -> int:
    return next(stage.number for stage in STAGES if stage.name == name)


def _extras(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """The extras that the recipe itself requires, by package."""
    found: dict[str, tuple[str, ...]] = {}
    for stage in PACKAGE_STAGES:
        for taken in recipe.package_stage(stage).alternatives:
            for requirement in taken.requires:
                if match := _EXTRAS.search(requirement):
                    found[pylock.requirement_name(requirement)] = tuple(map(str.strip, match[1].split(",")))
    return found
