"""From a request to everything a plan needs: the home, the recipe, the facts.

Changes nothing, but keeps the recipe that was derived for a model in the home."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from installer.core.machine.facts import MachineFacts
from installer.core.recipes.loader import profiled
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.host.local import LocalHost
from installer.session.gpu_choice import chosen
from installer.session.prepared import Prepared

if TYPE_CHECKING:
    from installer.derive import Derived


@dataclass(frozen=True, slots=True)
class _Named:
    """A request that names its recipe, and why it is that one."""

    request: Request
    recipe: str
    because: str = ""
    derived: Derived | None = None


def prepare(request: Request, home: Home, host: LocalHost) -> Prepared:
    """Read the recipe and the machine. Raises `UsageError` for any input that is not valid."""
    from installer.session import recipes

    facts = facts_of(request, home)
    named = _named(request, home, host, facts)
    request, profile_because = named.request, ""
    if request.bundle:
        host.only_from(wheels_in(request.bundle))
    text = recipes.written(named.recipe)
    recipe = recipes.recipe_of(text, request.settings)
    if spoken := recipes.from_environment(recipe, os.environ, request.settings):
        request = replace(request, settings=(*spoken, *request.settings))
        recipe = recipes.recipe_of(text, request.settings)
    if request.profile is None:
        name, profile_because = recipes.fitting_profile(recipe, facts)
        request = replace(request, profile=name)
    if request.profile not in (None, recipes.NO_PROFILE):
        recipe = profiled(recipe, request.profile, request.settings)
    choice = chosen(recipe, facts, home)
    return Prepared(
        request, home, choice.recipe, choice.facts, named.because, profile_because, choice.passed_over,
        named.derived, text.text,
    )  # fmt: skip


def _named(request: Request, home: Home, host: LocalHost, facts: MachineFacts) -> _Named:
    """The recipe that is named, derived for a model, remembered by the home, or chosen by the machine's facts."""
    from installer.session import recipes
    from installer.session.deployments import remembered

    if request.wish is not None:
        return _derived(request, home, host, facts)
    if request.recipe is None and not request.machine and (kept := remembered(home)) and kept.recipe:
        return _Named(_like(request, kept), kept.recipe, "this home already has it")
    if request.recipe is None:
        best, because = recipes.choose(facts, recipes.shipped())
        return _Named(request, best.name, because)
    if family := recipes.family(request.recipe):
        best, because = recipes.choose_in_family(facts, family)
        return _Named(replace(request, recipe=best.name), best.name, because)
    return _Named(request, request.recipe)


def _derived(request: Request, home: Home, host: LocalHost, facts: MachineFacts) -> _Named:
    from installer.session import deriving
    from installer.session.deployments import kept_text

    made = deriving.derived(request, home, host, facts)
    file = str(kept_text(made.name, made.text, home))
    because = f"it was derived for {made.model.name}; {file} says why each value is as it is"
    return _Named(replace(request, recipe=file, wish=None), file, because, made)


def _like(request: Request, kept: Request) -> Request:
    """`request` with what the home was deployed with, where it says nothing itself."""
    return Request(
        recipe=kept.recipe,
        profile=request.profile or kept.profile,
        settings=_latest((*kept.settings, *request.settings)),
        stages=request.stages,
        machine=request.machine,
        offline=request.offline or kept.bundle is not None,
        as_of=request.as_of or kept.as_of,
        model_config=request.model_config,
        overruled=request.overruled or kept.overruled,
        bundle=request.bundle or kept.bundle,
        repairs=request.repairs,
    )


def _latest(settings: tuple[str, ...]) -> tuple[str, ...]:
    """The last word on each key."""
    return tuple({setting.partition("=")[0]: setting for setting in settings}.values())


def wheels_in(bundle: str) -> Path:
    """Where the wheels of an unpacked bundle are."""
    return Path(bundle) / "wheels"


def facts_of(request: Request, home: Home) -> MachineFacts:
    """What is known of the machine that is asked about: its file, or this one."""
    if request.machine:
        from installer.core.machine.loader import parse
        from installer.host.documents import read_document

        return parse(read_document(Path(request.machine)), request.machine)
    from installer.host.facts import read_facts
    from installer.knowledge.packages import having

    facts = calibrated(read_facts(home.root, having("reported")), home)
    from installer.session.free_memory import as_found_by

    facts = as_found_by(home, facts)
    if not facts.gpus:
        return facts
    from installer.host.own_gpu_memory import given_back

    return replace(facts, gpus=given_back(facts.gpus, home))


def calibrated(facts: MachineFacts, home: Home) -> MachineFacts:
    """The facts of this machine with what starts in this home came to, where there were any."""
    from stages.start_samples import calibrations

    return replace(facts, calibrations=calibrations(home) or None)
