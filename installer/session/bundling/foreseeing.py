"""What is foreseen of a bundle, or of one that is still to be made, on a machine that is known by its file alone.

Asks nothing of that machine, and unpacks nothing. It must never say that a machine serves because another one does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from installer.bundles import documents
from installer.bundles.manifest import Bundle
from installer.bundles.source import Opened
from installer.core.errors import UsageError
from installer.core.files.typed import typed
from installer.core.packages.lock import Lock
from installer.core.plans.plan import Plan
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.disk.writing import write_atomically
from installer.host.local import LocalHost
from installer.packages import lock_files
from installer.session import planning
from installer.session.bundling import fit
from installer.session.bundling.making import LOCK, RECIPE
from installer.session.prepare import prepare
from installer.session.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Carried:
    """What of a bundle decides whether a machine is for it."""

    bundle: Bundle
    lock: Lock


def read(opened: Opened) -> Carried:
    """It, out of the parts as they lie here. Raises `UsageError`."""
    try:
        return Carried(opened.bundle, typed(Lock, json.loads(documents.read(opened, LOCK))))
    except ValueError:
        raise UsageError(f"{LOCK} of {opened.place} is not understood.", "", "Make the bundle again.") from None


def of_recipe(request: Request, home: Home, host: LocalHost) -> Plan:
    """As a bundle that is made for it now would be judged."""
    return planning.make_plan(_served(prepare(request, home, host)), host, sizes=False)


def of_bundle(carried: Carried, request: Request, home: Home, host: LocalHost) -> Plan:
    """With the packages of the bundle and no others. `home` is used for nothing else."""
    bundle = carried.bundle
    recipe = home.root / RECIPE
    recipe.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(recipe, bundle.recipe)
    settings = (*bundle.settings, f"environment.python==={bundle.python}.*", *request.settings)
    asked = replace(
        request, recipe=str(recipe), settings=settings, profile=request.profile or bundle.profile, offline=True
    )
    served = _served(prepare(asked, home, host))
    key = planning.question_of(served, host).key
    _keep(carried.lock, key, home.locks / f"{key}.json")
    made = planning.make_plan(served, host, sizes=False)
    return replace(made, findings=(*fit.findings(bundle, served.facts, 0, 0), *made.findings))


def _served(prepared: Prepared) -> Prepared:
    """What a network would bring there, the bundle does."""
    return replace(prepared, facts=replace(prepared.facts, here=False, online=True))


def _keep(lock: Lock, key: str, file: Path) -> None:
    """As the answer to the question of its packages; its wheels lie in tars, where nobody looks into them."""
    lock_files.keep(replace(lock, key=key, packages=tuple(replace(one, url="") for one in lock.packages)), file)
