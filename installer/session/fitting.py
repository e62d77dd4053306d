"""Which models fit a machine, and which machines fit a model: gathers what is known, and lets `installer.fit` check it.

Asks the hub about a model that is named, as a plan does; everything else comes from shipped knowledge. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from installer.core.contracts.host import Host
from installer.core.errors import UsageError
from installer.core.files.problems import quote, suggestion
from installer.core.machine.facts import MachineFacts
from installer.core.plans.stack import ModelFacts
from installer.core.recipes.recipe import Recipe
from installer.core.runs.request import Request
from installer.knowledge.engines import definitions
from installer.session import recipes, stacks
from installer.session.circumstances import Circumstances, wheel_lookups
from installer.session.outside_facts import model_of, model_of_recipe

if TYPE_CHECKING:
    from installer.fit.fitting import Asked, Fit
    from installer.fit.machines import Held
    from installer.fit.serving_option import ServingOption


@dataclass(frozen=True, slots=True)
class Model:
    """What is to fit: its facts, and the ways that may serve it, the preferred first."""

    facts: ModelFacts
    ways: Sequence[ServingOption]
    recipe: Recipe | None = None


@dataclass(frozen=True, slots=True)
class Row:
    kind: str
    fit: Fit
    licence: str = ""
    """As far as it is known."""


def on_machine(
    facts: MachineFacts, asked: Asked, around: Circumstances, host: Host, *, engine: str | None, kinds: Sequence[str],
    like: str,
) -> list[Row]:  # fmt: skip
    """How each known model of those kinds whose name contains `like` fits on the machine."""
    from installer.fit.fitting import fit
    from installer.models.shipped import from_knowledge, listed

    ways = list(_ways(engine, cpu=facts.gpus == ()))
    names = [one for one in listed() if one.kind in kinds and like.lower() in one.name.lower()]
    with wheel_lookups(host, around) as lookups:
        known = [(one.kind, from_knowledge(one.name)) for one in names]
        return [
            Row(kind, fit(model, facts, asked, ways, lookups), model.licence)
            for kind, model in known if model is not None
        ]  # fmt: skip


def alone_on_machine(facts: MachineFacts, model: Model, asked: Asked, around: Circumstances, host: Host) -> Row:
    """What the machine makes of one model."""
    from installer.fit.fitting import fit

    with wheel_lookups(host, around) as lookups:
        return Row(_kind(model.facts), fit(model.facts, facts, asked, model.ways, lookups), model.facts.licence)


def _kind(model: ModelFacts) -> str:
    """As `models/shipped.py` names it for those that it lists."""
    from installer.models import purpose

    kinds = {purpose.EMBED: "embed", purpose.RANK: "rerank"}
    return kinds.get(purpose.task_of(model)) or ("vision" if "vision_config" in model.config else "text")


def on_gpus(model: Model, asked: Asked, around: Circumstances, host: Host) -> list[Held]:
    """How a model fits on each kind of GPU, from the smallest where it does."""
    from installer.fit.machines import holding

    with wheel_lookups(host, around) as lookups:
        return holding(model.facts, asked, model.ways, lookups)


def named(name: str, engine: str | None, around: Circumstances, host: Host, *, cpu: bool = False) -> Model:
    """A model by its name or folder, on GPUs or not. Raises `UsageError` where nothing is known of it."""
    facts = model_of(name, around, host)
    if facts is None or not facts.config:
        raise _unknown(name, facts)
    ways = list(_ways(engine, cpu=cpu))
    return Model(facts, ways if cpu else [*_able(facts, engine, ways), *ways])


def of_recipe(request: Request, around: Circumstances, host: Host) -> Model:
    """A recipe's model, with its own engine and flags. Raises `UsageError` for one that pins no release."""
    recipe = recipes.load(request.recipe or "", profile=request.profile, settings=request.settings)
    facts = model_of_recipe(recipe, around, host)
    if facts is None or not facts.config:
        raise _unknown(stacks.model_name(recipe.model.alternatives[0]) or recipe.name, facts)
    return Model(facts, [_of_recipe(recipe, complete=True)], recipe)


def check_needs_gpu(model: Model) -> None:
    """Raises `UsageError` for a recipe that runs without a GPU: no kind of GPU is better than another for it."""
    if model.recipe and any(way.for_cpu for way in model.ways):
        raise UsageError(
            f"The recipe {model.recipe.name} runs without a GPU, so there is no GPU to choose.",
            "It needs main memory only.",
            f"Check a machine for it: `deploy-tui fit --recipe {model.recipe.name} --machine FILE`.",
        )


def check_engine(name: str | None) -> None:
    """Raises `UsageError` for an engine that no file describes."""
    if name is not None and name not in definitions.engines():
        raise UsageError(
            f"There is no engine named {quote(name)}{suggestion(name, definitions.engines())}",
            f"These are known: {', '.join(definitions.engines())}.", "Name one of them, or leave --engine out.",
        )  # fmt: skip


def _ways(engine: str | None, *, cpu: bool = False) -> Iterator[ServingOption]:
    """The releases of the recipes that are meant to be chosen, the preferred first, each once."""
    seen = set()
    for recipe in sorted(recipes.shipped(), key=lambda one: -one.choice.priority):
        if recipe.choice.priority <= 0 or recipe.engine_name != (engine or recipe.engine_name):
            continue
        way = _of_recipe(recipe)
        if way.for_cpu == cpu and (way.package, way.version) not in seen:
            seen.add((way.package, way.version))
            yield way


def _able(model: ModelFacts, engine: str | None, ways: Sequence[ServingOption]) -> Iterator[ServingOption]:
    """For a model that no such release has: the newest of each engine that has it."""
    from installer.fit.serving_option import ServingOption
    from installer.knowledge.engines.shipped import knowledge_releases, releases_with

    for name in definitions.engines():
        have = {version for arch in model.architectures for version in releases_with(name, arch)}
        if engine in (None, name) and have and not any(way.engine == name and way.version in have for way in ways):
            yield ServingOption(
                name, next(version for version, _ in reversed(knowledge_releases(name)) if version in have)
            )


def _of_recipe(recipe: Recipe, *, complete: bool = False) -> ServingOption:
    """Its engine's release; with `whole` also the flags of its server."""
    from installer.fit.serving_option import ServingOption

    package, version = _release(recipe)
    engine, launch = definitions.engine(recipe.engine_name), stacks.launch_of(recipe)
    for_cpu = bool(engine and package in engine.without_gpu)
    environment: Mapping[str, str] = recipe.server.environment if complete or for_cpu else MappingProxyType({})
    return ServingOption(
        recipe.engine_name, version, package, launch.arguments if complete else (), environment, for_cpu,
        _packages_mib(recipe), (recipe.requirements.glibc or "").removeprefix(">="),
        recipe.container.image if recipe.container else "",
    )  # fmt: skip


def _packages_mib(recipe: Recipe) -> int | None:
    """What a recipe says that it needs on the disk, less its own model."""
    from installer.models.memory.options import Options
    from installer.models.memory.weights import shape_of_model, weights_of
    from installer.models.shipped import from_knowledge

    if recipe.requirements.disk_mib is None:
        return None
    model = from_knowledge(recipe.model.alternatives[0].hub or "")
    weights = weights_of(model, shape_of_model(model), Options()).bytes if model else None
    return max(recipe.requirements.disk_mib - (weights or 0) // (1 << 20), 0)


def _release(recipe: Recipe) -> tuple[str, str]:
    """The package that provides the engine, and the version that the recipe, or its image, pins."""
    for placed in stacks.shipped(recipe):
        return placed.name, placed.version
    for line in (line for taken in recipe.engine.alternatives[:1] for line in taken.requires):
        name, exactly, version = line.partition("==")
        if exactly:
            return name.partition("[")[0].strip(), version.partition(";")[0].strip()
    raise UsageError(
        f"The recipe {recipe.name} names no release of {recipe.engine_name}.",
        "What fits depends on the release.", f"Pin it in the recipe ({recipe.engine_name}==…), or name a --model.",
    )  # fmt: skip


def _unknown(name: str, facts: ModelFacts | None) -> UsageError:
    why = f"{facts.source} says: {facts.refused}." if facts and facts.refused else (
        "Neither a folder here, the hub nor shipped knowledge describes it.")  # fmt: skip
    return UsageError(
        f"There is no known model named {quote(name)}.", why,
        "Check the name (ORG/NAME), name its folder, or give its config.json with --model-config.", code="input-file",
    )  # fmt: skip
