"""How `plan` and `audit` answer: what is printed of a plan, and the exit status that its verdict means."""

from __future__ import annotations

import argparse

from installer.cli import streams
from installer.core.errors import ExitCode
from installer.core.outcomes import Verdict
from installer.core.plans.plan import Plan

_EXIT = {Verdict.WORKS: ExitCode.OK, Verdict.FAILS: ExitCode.PREDICTED}


def show(plan: Plan, options: argparse.Namespace) -> int:
    """Print a plan as the options want it. With `--strict` what is not known counts, too."""
    from installer.cli.render import plan_lines

    if options.json:
        streams.document(plan.to_json())
    else:
        for line in plan_lines(plan):
            streams.data(line)
    return int(_EXIT.get(plan.verdict, ExitCode.UNKNOWN if options.strict else ExitCode.OK))
