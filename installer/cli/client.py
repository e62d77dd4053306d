"""`check-client` and `checklist`: do a client and its server fit each other? Only read and request."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from installer.cli import streams
from installer.cli.requests import home_of, request_of
from installer.core.errors import ExitCode
from installer.core.outcomes import Agreement
from installer.core.text.languages import translated

if TYPE_CHECKING:
    from installer.diagnostics.alignment import Row

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red", "unknown": "dim"}
_BOXES = {True: "[x]", False: "[ ]", None: "[?]"}


def check_client(options: argparse.Namespace) -> int:
    """Serve `check-client`."""
    from installer.diagnostics.alignment import compare
    from installer.host.local import LocalHost
    from installer.session import clients
    from installer.session.prepare import prepare

    client = clients.client(options.files)
    home = home_of(options)
    host = LocalHost(home.cache)
    launch = host.server_state(home).launch if host.server_state(home).running else None
    named = options.recipe or options.wish_model or options.profile or options.settings or options.machine
    server = (
        clients.running(host, launch)
        if launch and not named
        else clients.planned(prepare(request_of(options), home, host))
    )
    rows = compare(client, server)
    if options.json:
        streams.document({"schema": 1, "server": asdict(server), "rows": [asdict(row) for row in rows]})
    else:
        streams.say(f"Compared with {server.source}.")
        show_rows(rows, streams.data)
    return int(ExitCode.PREDICTED if any(row.status == Agreement.PROBLEM for row in rows) else ExitCode.OK)


def show_rows(rows: Sequence[Row], say: Callable[[str], None]) -> None:
    """One line for each thing that both must agree on, and what to change."""
    for row in rows:
        mark = streams.paint(f"{row.status:<8}", _COLOURS[row.status], error=False)
        say(f"{mark} {row.parameter:<18} {row.client} | {row.server}   {row.remark}")
        if row.fix:
            say(f"{'':<8} {'':<18} {row.fix}")


def show_checklist(options: argparse.Namespace) -> int:
    """Serve `checklist`."""
    from installer.diagnostics.checklist import checklist
    from installer.host.local import LocalHost
    from installer.session import clients

    home = home_of(options)
    host = LocalHost(home.cache)
    client = clients.client(options.files) if options.files else None
    state = host.server_state(home)
    launch = state.launch if state.running else None
    ticks = checklist(clients.observe(host, state.state, launch, options.env), client)
    if options.json:
        streams.document({"schema": 1, "ticks": [asdict(tick) for tick in ticks]})
    else:
        for tick in ticks:
            streams.data(
                f"{_BOXES[tick.done]} {translated(tick.title)}{f': {translated(tick.remark)}' if tick.remark else ''}"
            )
            if tick.fix:
                streams.data(f"      {translated(tick.fix)}")
    return int(ExitCode.PREDICTED if any(tick.done is False for tick in ticks) else ExitCode.OK)
