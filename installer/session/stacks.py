"""From a recipe and its resolved packages to the stack that is judged. Pure: reads nothing, starts nothing."""

from __future__ import annotations

import re

from installer.core.machine.facts import MachineFacts
from installer.core.packages.lock import Lock, LockedPackage
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.core.recipes.file import PACKAGE_STAGES
from installer.core.recipes.recipe import ModelSource, Recipe
from installer.knowledge.images import by_reference
from installer.knowledge.tables import table
from installer.packages import pylock, target
from installer.preflight.checks.parallel import tensor_parallel
from stages import STAGES
from stages.launching import arguments

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
    """Of the recipe's container: what it asks for, else what Docker gives; `None` where it is the machine's own."""
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
    number = next(stage.number for stage in STAGES if stage.name == package.stage)
    return Placed(package.name, package.version, number, source=package.source, url=package.url, extras=extras)


def _extras(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """The extras that the recipe itself asks for, by package."""
    found: dict[str, tuple[str, ...]] = {}
    for stage in PACKAGE_STAGES:
        for taken in recipe.package_stage(stage).alternatives:
            for requirement in taken.requires:
                if match := _EXTRAS.search(requirement):
                    found[pylock.requirement_name(requirement)] = tuple(map(str.strip, match[1].split(",")))
    return found
