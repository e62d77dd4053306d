"""`status`, `cancel` and `rollback`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from installer.cli import streams
from installer.cli.requests import home_of
from installer.core.errors import ExitCode, UsageError
from installer.core.outcomes import RunState
from installer.core.text.quantities import duration, size
from installer.engine import lock
from installer.engine.generations import Generations


def show_status(options: argparse.Namespace) -> int:
    """Serve `status`."""
    from installer.session.state import status

    body = status(home_of(options))
    if options.json:
        streams.document(body)
        return int(ExitCode.OK)
    run, server = body["run"], body["server"]
    streams.data(f"Home:        {body['home']}")
    streams.data(f"Generation:  {body['generation'] or 'none'}" + _kept(body["generations"]))
    where = f" at stage {run['stage']}" if run["stage"] and run["state"] != RunState.DONE else ""
    named = f" ({run['id']})" if run["id"] else ""
    streams.data(f"Last run:    {run['state']}{where}{named}")
    streams.data(f"Server:      {server_line(server)}")
    for line in start_lines(server["start"] or {}):
        streams.data(f"             {line}")
    if proofs := body["proofs"]:
        of = "" if proofs["current"] else " (of an earlier start)"
        streams.data(f"Proofs:      {proofs['summary']}{of}")
    for sentence in body["damaged"]:
        streams.data(f"Damaged:     {sentence}")
    return int(ExitCode.OK)


def server_line(server: Mapping[str, Any]) -> str:
    """The server's state in one line."""
    address = f" at {server['url']}, model {server['model']}, process {server['pid']}" if server["pid"] else ""
    reason = f" - {server['reason']}" if server["reason"] else ""
    return f"{server['state']}{address}{reason}"


def start_lines(start: Mapping[str, Any]) -> Iterator[str]:
    """What the start of the server came to: its parts, and memory as reported and as foretold."""
    if parts := start.get("parts"):
        yield "started in " + ", ".join(f"{part} {duration(seconds)}" for part, seconds in parts.items())
    if before := start.get("parts_before"):
        yield "earlier starts: " + ", ".join(f"{part} {duration(seconds)}" for part, seconds in before.items())
    if start.get("kv_tokens"):
        foretold = start.get("kv_tokens_foretold")
        starts = start.get("measured_starts")
        rests = f", measured here {'once' if starts == 1 else f'{starts} times'}" if starts else ""
        told = f" (foretold: {foretold:,}{rests})" if foretold else ""
        yield f"{start['kv_tokens']:,} tokens of key-value cache{told}"
    if start.get("weights_bytes"):
        foretold = start.get("weights_bytes_foretold")
        told = f" (foretold: {size(foretold)})" if foretold else ""
        yield f"{size(start['weights_bytes'])} of weights on each GPU{told}"


def _kept(generations: list[dict[str, object]]) -> str:
    numbers = ", ".join(f"{g['number']}{'*' if g['whole'] else ''}" for g in generations)
    return f" (kept: {numbers}; * a whole deployment)" if numbers else ""


def cancel_run(options: argparse.Namespace) -> int:
    """Serve `cancel`."""
    from installer.session import runs

    home = home_of(options)
    run = runs.running(home)
    if run is None:
        streams.say("No run is in progress.")
        return int(ExitCode.OK)
    runs.cancel(run)
    streams.say(f"Asked run {run.id} to stop; it takes back what it was doing …")
    runs.wait_released(home, run, limit_s=60.0)
    stopped = runs.running(home) is None
    streams.say("It has stopped." if stopped else "It is still stopping; see `deploy-tui status`.")
    return int(ExitCode.OK)


def roll_back(options: argparse.Namespace) -> int:
    """Serve `rollback`: one symlink, no network."""
    home = home_of(options)
    generations = Generations(home)
    if not generations.seals() and not lock.holder(home):
        raise UsageError(
            "There is nothing to go back to.", f"{home.root} holds no environment.", "Deploy first: `deploy-tui`."
        )
    with lock.held(home, "rollback"):
        before, target = generations.current(), generations.target(options.to)
        generations.switch(target)
    if options.json:
        streams.document({"schema": 1, "generation": target, "previous": before})
    else:
        streams.say(f"Generation {target} is in use now (before: {before}). A running server keeps its own; ")
        streams.say("`deploy-tui server restart` starts it from this one.")
    return int(ExitCode.OK)
