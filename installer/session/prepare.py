"""From a request to everything a plan needs: the home, the recipe, the facts.

Changes nothing, but keeps the recipe that was derived for a model in the home."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from installer.core.files.typed import typed
from installer.core.machine.facts import MachineFacts
from installer.core.recipes.loader import profiled
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.disk.reading import damaged, read_json
from installer.disk.writing import write_atomically
from installer.host.local import LocalHost
from installer.session.gpu_choice import chosen
from installer.session.prepared import Prepared


def prepare(request: Request, home: Home, host: LocalHost) -> Prepared:
    """Read the recipe and the machine. Raises `UsageError` for any input that is not valid."""
    from installer.session import recipes

    facts = facts_of(request, home)
    made, because = None, ""
    if request.wish is not None:
        from installer.session import deriving

        made = deriving.derived(request, home, host, facts)
        request = replace(request, recipe=str(deriving.kept(made, home)), wish=None)
        because = f"it was derived for {made.model.name}; {request.recipe} says why each value is as it is"
    wanted, profile_because = request.recipe, ""
    if wanted is None and not request.machine and (kept := remembered(home)) and kept.recipe:
        wanted, because = kept.recipe, "this home holds it already"
        request = _like(request, kept)
    if wanted is None:
        best, because = recipes.choose(facts, recipes.shipped())
        wanted = best.name
    elif family := recipes.family(wanted):
        best, because = recipes.choose_in_family(facts, family)
        wanted = best.name
        request = replace(request, recipe=wanted)
    if request.bundle:
        host.only_from(wheels_in(request.bundle))
    text = recipes.written(wanted)
    recipe = recipes.recipe_of(text, request.settings)
    if spoken := recipes.spoken(recipe, os.environ, request.settings):
        request = replace(request, settings=(*spoken, *request.settings))
        recipe = recipes.recipe_of(text, request.settings)
    if request.profile is None:
        name, profile_because = recipes.fitting_profile(recipe, facts)
        request = replace(request, profile=name)
    if request.profile not in (None, recipes.NO_PROFILE):
        recipe = profiled(recipe, request.profile, request.settings)
    recipe, facts = chosen(recipe, facts, home)
    return Prepared(request, home, recipe, facts, because, profile_because, made)


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
    """Where the wheels of an unpacked bundle lie."""
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
    if not facts.gpus:
        return facts
    from installer.host.own_gpu_memory import given_back

    return replace(facts, gpus=given_back(facts.gpus, home))


def calibrated(facts: MachineFacts, home: Home) -> MachineFacts:
    """The facts of this machine with what starts in this home came to, where there were any."""
    from stages.start_samples import calibrations

    return replace(facts, calibrations=calibrations(home) or None)


def remembered(home: Home) -> Request | None:
    """What this home was last asked to hold. Raises `DamagedError`."""
    body = read_json(home.deployment)
    try:
        return None if body is None else typed(Request, body)
    except ValueError as error:
        raise damaged(home.deployment, str(error)) from None


def remember(prepared: Prepared) -> None:
    """Note what this home is to hold, for commands that name no recipe."""
    request = prepared.request
    recipe = request.recipe or prepared.recipe.name
    if Path(recipe).exists():
        recipe = str(Path(recipe).absolute())
    body = {**request.to_json(), "recipe": recipe, "stages": (), "machine": None, "model_config": None}
    prepared.home.deployment.parent.mkdir(parents=True, exist_ok=True)  # of a further server it is the first file
    write_atomically(prepared.home.deployment, json.dumps(body, indent=1))
