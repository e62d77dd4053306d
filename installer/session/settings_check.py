"""What a plan would have against settings of a recipe, while they are typed. No network, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from installer.core.outcomes import Severity
from installer.core.plans.plan import Finding
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.host.local import LocalHost
from installer.session.assessing import supposed
from installer.session.outside_facts import OutsideFacts
from installer.session.prepare import prepare
from installer.session.stated_findings import requirements


def blockers_of_settings(request: Request, home: Home, host: LocalHost) -> list[Finding]:
    """Those that are there with the settings of `request` and not without them. Raises `DeployError`."""
    here = replace(request, offline=True)
    found = list(_blockers(here, home, host))
    known = {one.topic for one in _blockers(replace(here, settings=()), home, host)} if found else set()
    return [one for one in found if one.topic not in known]


def _blockers(request: Request, home: Home, host: LocalHost) -> Iterator[Finding]:
    prepared = prepare(request, home, host)
    with OutsideFacts(prepared, host) as outside:
        found = (*requirements(prepared, host), *supposed(outside))
    return (one for one in found if one.severity == Severity.BLOCKER)
