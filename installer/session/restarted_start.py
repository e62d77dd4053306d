"""What an automatic restart of a server came to: `python -m installer.session.restarted_start`, told its folder.

The supervisor runs it when the server generates again. It only reads the log, and must never touch the server.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from installer.core.runs.home import Home
from installer.host import server_folder, server_state, serving
from stages import start_report

_WHOLE_LOG = 20_000


def complete(folder: Path) -> None:
    """Write what the log of the server says of its start next to what was predicted."""
    home = _home_of(folder)
    token = (server_folder.read_json(folder / server_folder.STATE) or {}).get("token")
    state = server_state.read_state(home)
    if state.launch is None or state.report is None or state.started_at is None or state.ready_seconds is None:
        return
    lines = serving.log_piece(home, lines=_WHOLE_LOG).lines
    found = start_report.measured(
        home, state.report, state.launch.engine, lines, state.started_at, state.ready_seconds
    )  # fmt: skip
    # If the server has ended meanwhile, the token is that of nothing, and no reader believes it.
    body = {"token": token, "ready_seconds": state.ready_seconds, "report": asdict(found)}
    server_folder.write_json(folder / server_folder.READY, body)


def _home_of(folder: Path) -> Home:
    further = folder.parent.name == server_folder.SERVERS
    return Home(folder.parent.parent, folder.name) if further else Home(folder.parent)


if __name__ == "__main__":
    complete(Path(json.load(sys.stdin)["folder"]))
