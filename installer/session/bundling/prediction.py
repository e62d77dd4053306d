"""What is predicted of a bundle, or of one that is still to be made, on a machine that is known by its file alone.

Asks nothing of that machine, and unpacks nothing. It must never say that a machine serves because another one does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from installer.bundles import documents
from installer.bundles.manifest import Bundle
from installer.bundles.source import Opened
from installer.core.errors import UsageError
from installer.core.files import foreign_json
from installer.core.files.typed import typed
from installer.core.packages.lock import Lock
from installer.core.plans.plan import Plan
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.disk.writing import write_atomically
from installer.host.local import LocalHost
from installer.packages import lock_files
from installer.session import planning, stated_findings
from installer.session.bundling import fit
from installer.session.bundling.making import LOCK, RECIPE
from installer.session.prepare import facts_of, prepare
from installer.session.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Carried:
    """What of a bundle decides whether a machine is for it."""

    bundle: Bundle
    lock: Lock


def read(opened: Opened) -> Carried:
    """It, out of the parts as they are here. Raises `UsageError`."""
    try:
        return Carried(opened.bundle, typed(Lock, foreign_json.loads(documents.read(opened, LOCK).decode())))
    except ValueError:
        raise UsageError(f"{LOCK} of {opened.place} is not understood.", "", "Make the bundle again.") from None


def machine_file(doctor: Mapping[str, Any], server: Mapping[str, Any]) -> str:
    """What a host's `doctor` and `status` say, as a machine file, without what its own server uses, which is stopped.

    How much of a GPU that is, is not reported, so what is free there is unknown then; the host itself checks once more.
    """
    machine = dict(doctor["machine"])
    if server["pid"] and "ports_in_use" in machine:
        port = urlsplit(server["url"]).port
        machine["ports_in_use"] = [one for one in machine["ports_in_use"] if one != port]
    if server["pid"] and "gpus" in machine:
        held = ("free_mib", "processes")
        machine["gpus"] = [{key: gpu[key] for key in gpu if key not in held} for gpu in machine["gpus"]]
    return json.dumps(machine)


def of_recipe(request: Request, home: Home, host: LocalHost) -> Plan:
    """As a bundle that is made for it now would be checked."""
    return planning.make_plan(_served(prepare(request, home, host)), host, sizes=False)


def of_bundle(carried: Carried, request: Request, home: Home, host: LocalHost) -> Plan:
    """With the packages of the bundle and no others. `home` is used for nothing else.

    Raises `PredictedError` if the bundle is for another machine.
    """
    bundle = carried.bundle
    stated_findings.refuse(fit.findings(bundle, facts_of(request, home), 0, 0))
    recipe = home.root / RECIPE
    recipe.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(recipe, bundle.recipe)
    settings = (*bundle.settings, f"environment.python==={bundle.python}.*", *request.settings)
    asked = replace(
        request, recipe=str(recipe), settings=settings, profile=request.profile or bundle.profile, offline=True
    )
    served = _served(prepare(asked, home, host), bundle)
    key = planning.question_of(served, host).key
    _keep(carried.lock, key, home.locks / f"{key}.json")
    return planning.make_plan(served, host, sizes=False)


def _served(prepared: Prepared, bundle: Bundle | None = None) -> Prepared:
    """What a network would deliver there, the bundle does."""
    facts = prepared.facts
    if bundle and bundle.of("python") and facts.python is not None:
        facts = replace(facts, python=(*facts.python, bundle.python))
    return replace(prepared, facts=replace(facts, here=False, online=True))


def _keep(lock: Lock, key: str, file: Path) -> None:
    """As the answer to the question of its packages; its wheels are in tars, which are not inspected."""
    lock_files.keep(replace(lock, key=key, packages=tuple(replace(one, url="") for one in lock.packages)), file)
