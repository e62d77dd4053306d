"""`runs list` and `runs delete`: what a home remembers, and how to let go of it."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import datetime

from installer.cli import streams
from installer.cli.requests import home_of
from installer.core.errors import ExitCode
from installer.core.text.quantities import duration


def list_runs(options: argparse.Namespace) -> int:
    """Serve `runs list`."""
    from installer.session.run_history import past

    runs = past(home_of(options))
    if options.json:
        streams.document({"schema": 1, "runs": [asdict(run) for run in runs]})
        return int(ExitCode.OK)
    for run in runs:
        began = datetime.fromtimestamp(run.at).strftime("%Y-%m-%d %H:%M") if run.at else "?"
        where = f" in stage {run.stage}" if run.stage else ""
        said = f"  {run.said}" if run.said else ""
        streams.data(f"{run.id}  {began}  {run.recipe or '?'}  {run.state}{where} after {duration(run.seconds)}{said}")
    if not runs:
        streams.say("This home has no runs yet.")
    return int(ExitCode.OK)


def delete(options: argparse.Namespace) -> int:
    """Serve `runs delete`."""
    from installer.session import run_history

    home = home_of(options)
    if options.run is not None:
        run_history.delete_run(home, options.run)
        what = f"Run {options.run}"
    else:
        run_history.delete_generation(home, options.generation)
        what = f"Generation {options.generation}"
    if options.json:
        streams.document({"schema": 1, "deleted": what})
    else:
        streams.say(f"{what} is deleted.")
    return int(ExitCode.OK)
