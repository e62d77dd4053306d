"""`plan`: say what would happen. Touches nothing but its own cache."""

from __future__ import annotations

import argparse

from installer.cli import talk
from installer.cli.requests import home_of, request_of
from installer.core.errors import ExitCode
from installer.host.local import LocalHost
from installer.session.planning import make_plan
from installer.session.prepare import prepare

_EXIT = {"works": ExitCode.OK, "fails": ExitCode.FORESEEN}


def show_plan(options: argparse.Namespace) -> int:
    """Serve `plan`."""
    from installer.cli.render import plan_lines

    home = home_of(options)
    host = LocalHost(home.cache)
    prepared = prepare(request_of(options), home, host)
    if not options.json:
        talk.say(f"Working out the plan of {prepared.recipe.name} …")
    plan = make_plan(prepared, host)
    if options.json:
        talk.document(plan.to_json())
    else:
        for line in plan_lines(plan):
            talk.data(line)
    return int(_EXIT.get(plan.verdict, ExitCode.UNKNOWN if options.strict else ExitCode.OK))
