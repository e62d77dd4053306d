"""`plan`: say what would happen. Touches nothing but its own cache."""

from __future__ import annotations

import argparse

from installer.cli import streams
from installer.cli.requests import home_of, request_of
from installer.cli.verdicts import show
from installer.session.kept_answers import PlanningHost
from installer.session.planning import make_plan
from installer.session.prepare import prepare


def show_plan(options: argparse.Namespace) -> int:
    """Serve `plan`."""
    home = home_of(options)
    host = PlanningHost(home.cache)
    prepared = prepare(request_of(options), home, host)
    if not options.json:
        streams.say(f"Working out the plan of {prepared.recipe.name} …")
    return show(make_plan(prepared, host), options)
