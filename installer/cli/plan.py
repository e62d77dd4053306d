"""`plan`: say what would happen. Touches nothing but its own cache."""

from __future__ import annotations

import argparse
from datetime import date

from installer.cli import streams
from installer.cli.requests import home_of, request_of
from installer.cli.verdicts import show
from installer.core.errors import ForeseenError
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding, Plan
from installer.core.runs.request import Request
from installer.session.kept_answers import PlanningHost
from installer.session.planning import make_plan
from installer.session.prepare import facts_of, prepare


def show_plan(options: argparse.Namespace) -> int:
    """Serve `plan`."""
    home = home_of(options)
    host = PlanningHost(home.cache)
    request = request_of(options)
    try:
        prepared = prepare(request, home, host)
    except ForeseenError as refused:
        if options.json:
            streams.document(_refused(refused, request, facts_of(request, home)).to_json())
        raise
    if not options.json:
        streams.say(f"Working out the plan of {prepared.recipe.name} …")
    return show(make_plan(prepared, host), options)


def _refused(why: ForeseenError, request: Request, facts: MachineFacts) -> Plan:
    """A plan that came to nothing: no recipe does, and that is its one finding."""
    model = request.wish.model if request.wish else request.recipe or ""
    code = Code(why.code) if why.code in list(Code) else Code.MODEL_UNSUPPORTED
    found = Finding(
        code=code, severity=Severity.BLOCKER, stage=10, subject=model, summary=why.what, evidence=why.why, fix=why.fix
    )
    day = request.as_of or date.today().isoformat()
    return Plan(request.recipe or "", facts.name, day, (), (found,), model=model, facts=facts)
