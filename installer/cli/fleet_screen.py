"""`fleet FILE` without a verb: the hosts on the screen. What they said becomes rows; nothing is decided here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from installer.core.errors import UsageError
from installer.fleet.file import ROUTER
from installer.fleet.outcome import Outcome, State
from installer.fleet.remote import Remote

if TYPE_CHECKING:
    from installer.ui.fleet import HostRow


def show(file: str, remotes: Sequence[Remote], ask: Callable[[], Sequence[Outcome]]) -> int:
    """Until it is left. `ask` reads the state of all of them."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "There is no terminal to show the fleet on.", "The input or the output of this command is not a terminal.",
            "Name an action: plan, up, status, prove, rollback or down.",
        )  # fmt: skip
    from installer.ui.fleet import run_fleet

    known = {remote.host.name: remote for remote in remotes}
    code = run_fleet(file, lambda: [row(one, known.get(one.host)) for one in ask()], lambda name: opened(known[name]))
    sys.stdout.flush()
    os._exit(code)  # questions to hosts that do not answer run in threads that Python would wait for


def row(one: Outcome, remote: Remote | None) -> HostRow:
    """One host, or the router (`remote` is `None`), for the table."""
    from installer.ui.fleet import HostRow

    address = str(remote.address) if remote else ROUTER
    status = one.details.get("status")
    if status is None:
        state = "unreached" if one.state == State.UNREACHED else "failed"
        return HostRow(one.host, address, state, message=one.message, can_open=remote is not None)
    run, server = status["run"], status["server"]
    going = f"stage {run['stage']}" if run["state"] == "running" else run["state"]
    url = one.message if remote is None else server["url"] if server["state"] == "ready" else ""
    return HostRow(
        one.host, address, server["state"], going, server["model"], url, status["home"], can_open=remote is not None
    )


def opened(remote: Remote) -> int:
    """The screen of that host, on this terminal."""
    return remote.links.show(remote.address, remote.words())
