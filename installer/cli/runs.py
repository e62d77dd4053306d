"""`runs list`, `runs generations` and `runs delete`: what a home remembers, and how to let go of it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from installer.cli import streams
from installer.cli.requests import home_of
from installer.core.errors import ExitCode, UsageError
from installer.core.runs.summary import GenerationSummary, changes
from installer.core.text.quantities import duration, size
from installer.core.text.state_words import state_word


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
        reason = f"  {run.said}" if run.said else ""
        streams.show(
            f"{run.id}  {began}  {run.recipe or '?'}  {state_word(run.state)}{where} after "
            f"{duration(run.seconds)}{reason}"
        )
    if not runs:
        streams.say("This home has no runs yet.")
    return int(ExitCode.OK)


def list_generations(options: argparse.Namespace) -> int:
    """Serve `runs generations`. Raises `UsageError` for a number that is not kept."""
    from installer.session.history_session import HistorySession

    history = HistorySession(home_of(options))
    kept = {each.number: each for each in history.generations()}
    if options.pair:
        return _differences([_kept(kept, number) for number in options.pair], as_json=options.json)
    sizes = history.generation_sizes()
    if options.json:
        listed = [{**asdict(each), "bytes": sizes.get(number)} for number, each in kept.items()]
        streams.document({"schema": 1, "generations": listed})
        return int(ExitCode.OK)
    for number, each in kept.items():
        made, used = datetime.fromtimestamp(each.created).strftime("%Y-%m-%d %H:%M"), "in use" if each.current else ""
        streams.data(f"{number:>4}  {made}  {size(sizes.get(number, 0)):>9}  {each.recipe}  {used}".rstrip())
    if not kept:
        streams.say("This home keeps no generation yet.")
    return int(ExitCode.OK)


def _kept(kept: Mapping[int, GenerationSummary], number: int) -> GenerationSummary:
    if number not in kept:
        raise UsageError(
            f"There is no generation {number}.", f"Kept: {', '.join(map(str, sorted(kept))) or 'none'}.",
            "`deploy-tui runs generations` lists them.",
        )  # fmt: skip
    return kept[number]


def _differences(pair: Sequence[GenerationSummary], *, as_json: bool) -> int:
    if len(pair) != 2:
        raise UsageError("Two generations are compared.", f"{len(pair)} were named.", "Name two, or none for a list.")
    found = changes(pair[0].packages, pair[1].packages)
    if as_json:
        rows = [{"package": name, "before": before, "after": after} for name, before, after in found]
        streams.document({"schema": 1, "changed": rows})
        return int(ExitCode.OK)
    for name, before, after in found:
        streams.data(f"{name:<30} {before or 'new'} -> {after or 'gone'}")
    if not found:
        streams.say("The same packages are in both.")
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
