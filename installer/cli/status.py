"""`status`, `cancel` and `rollback`."""

from __future__ import annotations

import argparse

from installer.cli import streams
from installer.cli.requests import home_of
from installer.cli.server_lines import more_lines, server_line
from installer.core.errors import ExitCode, UsageError
from installer.core.outcomes import RunState
from installer.core.text.state_words import state_word
from installer.execution import lock
from installer.execution.generations import Generations


def show_status(options: argparse.Namespace) -> int:
    """Serve `status`."""
    from installer.session.state import status

    body = status(home_of(options))
    if options.json:
        streams.document(body)
        return int(ExitCode.OK)
    run, server = body["run"], body["server"]
    streams.show(f"Home:        {body['home']}")
    streams.show(f"Generation:  {body['generation'] or 'none'}" + _kept(body["generations"]))
    if held := body["deployment"]:
        streams.show(f"Recipe:      {held['recipe']}" + (f" (profile {held['profile']})" if held["profile"] else ""))
    where = f" at stage {run['stage']}" if run["stage"] and run["state"] != RunState.DONE else ""
    named = f" ({run['id']})" if run["id"] else ""
    streams.show(f"Last run:    {state_word(run['state'])}{where}{named}")
    for shown in [server] if len(body["servers"]) == 1 else body["servers"]:
        named = f"{shown['name']}: " if shown["name"] else ""
        streams.show(f"Server:      {named}{server_line(shown)}")
        for line in more_lines(shown):
            streams.show(f"             {line}")
    if proofs := body["proofs"]:
        of = "" if proofs["current"] else " (of an earlier start)"
        streams.show(f"Proofs:      {proofs['summary']}{of}")
    for sentence in body["damaged"]:
        streams.show(f"Damaged:     {sentence}")
    return int(ExitCode.OK)


def _kept(generations: list[dict[str, object]]) -> str:
    numbers = ", ".join(f"{g['number']}{'*' if g['whole'] else ''}" for g in generations)
    return f" (kept: {numbers}; * a complete deployment)" if numbers else ""


def cancel_run(options: argparse.Namespace) -> int:
    """Serve `cancel`."""
    from installer.session import runs

    home = home_of(options)
    run = runs.running(home)
    if run is None:
        streams.say("No run is in progress.")
        return _report_stopped(options, None, stopped=True)
    runs.cancel(run)
    streams.say(f"Asked run {run.id} to stop; it is rolling back …")
    runs.wait_released(home, run, limit_s=60.0)
    stopped = runs.running(home) is None
    streams.say("It has stopped." if stopped else "It is still stopping; see `deploy-tui status`.")
    return _report_stopped(options, run.id, stopped=stopped)


def _report_stopped(options: argparse.Namespace, run: str | None, *, stopped: bool) -> int:
    if options.json:
        streams.document({"schema": 1, "run": run, "stopped": stopped})
    return int(ExitCode.OK)


def roll_back(options: argparse.Namespace) -> int:
    """Serve `rollback`: one symlink and what was deployed with it, no network."""
    from installer.session.deployments import go_back

    home = home_of(options)
    generations = Generations(home)
    if not generations.seals() and not lock.holder(home):
        raise UsageError(
            "There is no earlier generation.", f"{home.root} contains no environment.", "Deploy first: `deploy-tui`."
        )
    back = go_back(home, options.to)
    recipe = back.request.recipe if back.request else None
    if options.json:
        streams.document({"schema": 1, "generation": back.generation, "previous": back.before, "recipe": recipe})
        return int(ExitCode.OK)
    streams.say(f"Generation {back.generation} is in use now (before: {back.before}), with {_held(recipe)}.")
    streams.say("A running server keeps its own; `deploy-tui server restart` starts it from this one.")
    return int(ExitCode.OK)


def _held(recipe: str | None) -> str:
    if recipe is None:
        return "the recipe that this home held before: what was deployed with it is not known"
    return f"the recipe that was deployed with it ({recipe})"
