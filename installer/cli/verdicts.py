"""From a plan's verdict to the exit status of `plan` and `audit`."""

from __future__ import annotations

from installer.core.errors import ExitCode
from installer.core.plan import Plan

_EXIT = {"works": ExitCode.OK, "fails": ExitCode.FORESEEN}


def exit_code(plan: Plan, *, strict: bool) -> int:
    """`strict`: what is not known counts, too."""
    return int(_EXIT.get(plan.verdict, ExitCode.UNKNOWN if strict else ExitCode.OK))
