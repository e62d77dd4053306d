"""`server start | stop | restart | status | logs | key`."""

from __future__ import annotations

import argparse
import json
import time

from installer.cli import streams
from installer.cli.requests import home_of
from installer.cli.server_lines import more_lines, server_line
from installer.core.contracts.serving import ServerState
from installer.core.errors import ExitCode, IncompleteRollbackError, UsageError
from installer.core.runs.home import Home
from installer.host import server_folder, server_key, server_state, serving

_STAGE = (10,)
_LOOK_S = 0.2


def start(options: argparse.Namespace) -> int:
    """Serve `server start`: stage 10 on its own."""
    from installer.cli.run import rerun

    return rerun(options, _STAGE)


def stop(options: argparse.Namespace) -> int:
    """Serve `server stop`."""
    home = home_of(options)
    ran = _stop(home)
    if options.json:
        streams.document({"schema": 1, "stopped": ran})
    else:
        streams.say("The server has stopped." if ran else "No server is running.")
    return int(ExitCode.OK)


def _stop(home: Home) -> bool:
    """Whether there was anything to stop: one that is about to be started again is."""
    report = serving.stop(home, None)
    if report.leftovers:
        raise IncompleteRollbackError(
            "The server did not stop completely.",
            f"Still running: {', '.join(map(str, report.leftovers))}.",
            "End these processes by hand (kill -9), then try again.",
        )
    return report.ran


def restart(options: argparse.Namespace) -> int:
    """Serve `server restart`. Where the new start fails, taking it back starts the one again that ran before."""
    home = home_of(options)
    serving.request_restart(home)
    try:
        return start(options)
    finally:
        serving.drop_restart_request(home)


def status(options: argparse.Namespace) -> int:
    """Serve `server status`."""
    from installer.session.server_report import report

    server = report(home_of(options))
    if options.json:
        streams.document({"schema": 1, **server})
    else:
        streams.data(server_line(server))
        for line in more_lines(server):
            streams.show(f"  {line}")
    return int(ExitCode.OK)


def key(options: argparse.Namespace) -> int:
    """Serve `server key`: the one place where it is printed, for `$(…)` in a line for a shell."""
    home = home_of(options)
    running = server_state.read_state(home)
    if options.renew:
        server_key.make(home.server_key)
        _say_renewed(running)
    found = server_key.read(home.server_key)
    if found is None:
        raise UsageError(
            "This home has no key.", "One is created when a server starts that other machines can reach.",
            "Start it that way (--set server.host=0.0.0.0, or --set server.key=made), or create one: --renew.",
        )  # fmt: skip
    printed = json.dumps({"schema": 1, "key": found, "in_use": _asks(running)}, indent=2) if options.json else found
    print(printed, flush=True)  # noqa: T201
    return int(ExitCode.OK)


def _asks(state: ServerState) -> bool:
    return state.running and state.launch is not None and bool(state.launch.key_file)


def _say_renewed(state: ServerState) -> None:
    launched = state.launch
    if launched is not None and launched.key.startswith("env:"):
        streams.say(f"The next start takes the value of {launched.key.removeprefix('env:')} again.")
    elif _asks(state):
        streams.say("The server accepts the old one until it is restarted: deploy-tui server restart.")


def logs(options: argparse.Namespace) -> int:
    """Serve `server logs`."""
    home = home_of(options)
    piece = serving.log_piece(home, lines=options.lines)
    if options.json:
        streams.document({"schema": 1, "lines": list(piece.lines)})
        return int(ExitCode.OK)
    for line in piece.lines:
        streams.data(line)
    if options.follow:
        _follow(home, piece.end)
    return int(ExitCode.OK)


def chat(options: argparse.Namespace) -> int:
    """Serve `server chat`: one question, and its answer as it comes."""
    from installer.session import server_requests

    home = home_of(options)
    if options.form:
        ask = server_requests.structured if options.form == "structured" else server_requests.tool_call
        text = ask(home, options.words)
        streams.document({"schema": 1, "answer": text}) if options.json else streams.data(text)
        return int(ExitCode.OK)
    messages = [{"role": "user", "content": options.words}]
    pieces = list(server_requests.chat(home, messages, temperature=options.temperature, most=options.max_tokens))
    last, text = pieces[-1], "".join(piece.text for piece in pieces)
    speed = last.tokens_per_second
    if options.json:
        figures = {"tokens": last.tokens, "first_token_ms": last.first_ms, "tokens_per_second": speed}
        streams.document({"schema": 1, "answer": text, **figures})
        return int(ExitCode.OK)
    streams.data(text)
    first = f", first after {last.first_ms:.0f} ms" if last.first_ms is not None else ""
    streams.say(f"{last.tokens} tokens{first}" + (f", {speed:.0f} tokens/s" if speed else ""))
    return int(ExitCode.OK)


def metrics(options: argparse.Namespace) -> int:
    """Serve `server metrics`."""
    from dataclasses import asdict

    from installer.session import server_requests

    found = server_requests.figures(home_of(options))
    if options.json:
        streams.document({"schema": 1, "figures": asdict(found) if found else None})
    elif found is None:
        streams.say("No metrics: the server is not running, or its /metrics page is off.")
    else:
        for name, value in asdict(found).items():
            if value is not None and name != "at":
                streams.data(f"{name:<12} {value:g}")
    return int(ExitCode.OK)


def _follow(home: Home, end: int) -> None:
    """What comes after `end`, and then all of the next log: each start of the server puts the last one aside."""
    log = home.server / server_folder.LOG
    known = server_folder.identity(log)
    while True:
        if (now := server_folder.identity(log)) != known:
            known, end = now, 0
        piece = serving.log_piece(home, after=end)
        for line in piece.lines:
            streams.data(line)
        if piece.end == end:
            time.sleep(_LOOK_S)
        end = piece.end
