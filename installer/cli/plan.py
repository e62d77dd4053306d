"""`plan`: say what would happen. Touches nothing but its own cache."""

from __future__ import annotations

import argparse

from installer.cli import streams
from installer.cli.requests import home_of, request_of
from installer.cli.verdicts import show
from installer.core.errors import PredictedError
from installer.session.cached_answers import PlanningHost
from installer.session.planning import make_plan, nothing
from installer.session.prepare import facts_of, prepare


def show_plan(options: argparse.Namespace) -> int:
    """Serve `plan`."""
    home = home_of(options)
    host = PlanningHost(home.cache)
    request = request_of(options)
    try:
        prepared = prepare(request, home, host)
    except PredictedError as refused:
        if options.json:
            streams.document(nothing(request, facts_of(request, home), refused).to_json())
        raise
    if not options.json:
        streams.say(f"Calculating the plan of {prepared.recipe.name} …")
    return show(make_plan(prepared, host), options)
