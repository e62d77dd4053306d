"""`recipes list --check`: what each included recipe comes to on a machine, as the table of the screen shows it."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import Any

from installer.cli import streams
from installer.cli.requests import home_of, request_of
from installer.core.errors import DeployError, ExitCode
from installer.core.outcomes import Severity, Verdict
from installer.core.plans import sentences
from installer.core.plans.plan import Plan
from installer.core.text.languages import translated
from installer.core.text.quantities import clock, size
from installer.knowledge.wheel_sizes import expected_download
from installer.session import recipes
from installer.session.facade import DeploySession

_COLOURS = {Verdict.WORKS: "green", Verdict.FAILS: "red", Verdict.UNKNOWN: "yellow"}


@dataclass(frozen=True, slots=True)
class _Checked:
    name: str
    verdict: str
    why: str = ""
    """The first finding that prevents it, or that is not decided."""
    download_bytes: int | None = None
    expected_seconds: float | None = None
    gpu_share: float | None = None
    """The weights' part of the memory of one GPU."""


def check(options: argparse.Namespace) -> int:
    """Serve it: a line as soon as a recipe is checked; status 3 if none works."""
    session = DeploySession(request_of(options), home_of(options))
    works, rows = False, []
    for row in (_checked(session, recipe.name) for recipe in recipes.shipped()):
        works = works or row.verdict == Verdict.WORKS
        rows.append(row)
        if not options.json:
            streams.data(_line(row))
    if options.json:
        streams.document({"schema": 1, "recipes": [_plain(row) for row in rows]})
    return int(ExitCode.OK if works else ExitCode.PREDICTED)


def _checked(session: DeploySession, name: str) -> _Checked:
    try:
        plan = session.assess(name)
    except DeployError as error:
        return _Checked(name, Verdict.FAILS, error.what)
    share = plan.memory.weights_share if plan.memory else None
    fetched = plan.download_bytes + expected_download(plan)
    return _Checked(name, plan.verdict, _why(plan), fetched, plan.expected_seconds, share)


def _why(plan: Plan) -> str:
    grave = {Verdict.FAILS: Severity.BLOCKER, Verdict.UNKNOWN: Severity.PROBE}.get(Verdict(plan.verdict))
    return next((one.summary for one in sentences.in_order(plan.findings) if one.severity == grave), "")


def _line(row: _Checked) -> str:
    cells = [
        size(row.download_bytes) if row.download_bytes else "",
        clock(row.expected_seconds) if row.expected_seconds is not None else "",
        f"{row.gpu_share:.0%}" if row.gpu_share is not None else "",
    ]
    mark = streams.paint(f"{row.verdict:<8}", _COLOURS[Verdict(row.verdict)], error=False)
    return f"{mark}{row.name:<31}{cells[0]:>9}{cells[1]:>8}{cells[2]:>6}  {translated(row.why)}".rstrip()


def _plain(row: _Checked) -> dict[str, Any]:
    return {**asdict(row), "verdict": str(row.verdict)}
