"""A ticket about a run of a home: made in memory, and written where nothing is yet. Sends nothing anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from installer.core.errors import UsageError
from installer.core.machine.file import to_mapping
from installer.core.outcomes import RunState
from installer.core.runs.home import Home
from installer.core.secrets import secrets_of
from installer.core.text.quantities import size
from installer.diagnostics.ticket.evidence import gather
from installer.diagnostics.ticket.making import Ticket, make
from installer.disk import output
from installer.disk.reading import read_own
from installer.host.facts import read_facts
from installer.host.identity import read_names
from installer.knowledge.packages import having
from installer.session.run_history import generations
from installer.session.unwatched_runs import complete


def made(home: Home, run: str | None) -> Ticket:
    """Of the newest run where none is named. Raises `DeployError`."""
    evidence = gather(home, run, generations(home))
    if evidence.view.state != RunState.RUNNING:
        complete(home, home.run(evidence.run))
    machine: Mapping[str, Any] = (
        {} if evidence.plan.get("facts") else to_mapping(read_facts(home.root, having("reported")))
    )
    return make(evidence, machine, _secrets(home), read_names())


def named(ticket: Ticket) -> Path:
    """Where it is written by default: here."""
    return Path(f"ticket-{ticket.manifest['run']}.zip")


def held(ticket: Ticket) -> Iterator[str]:
    """What it will contain, in lines for a person."""
    yield f"The ticket of run {ticket.manifest['run']} will contain:"
    for member in ticket.manifest["members"]:
        gone = f", without {member['lines_left_out']:,} lines of its middle" if member["lines_left_out"] else ""
        yield f"  {member['name']:<24} {size(member['bytes'])}{gone}"
    yield f"Packed: {size(len(ticket.content))}"


def put(file: Path, content: bytes) -> None:
    """Raises `UsageError` if something already exists, or nothing can be created."""
    if os.path.lexists(file):
        raise UsageError(f"{file} already exists.", "Nothing was written.", "Name another file with -o.")
    output.put(file, content, mode=0o600)


def _secrets(home: Home) -> tuple[str, ...]:
    """Those of this environment, and the server's own key."""
    key = (read_own(home.server_key) or b"").decode("utf-8", "replace").strip()
    return (*secrets_of(os.environ), *([key] if key else []))
