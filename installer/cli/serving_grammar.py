"""The grammar of those verbs of `server` that prove, measure and change a server that runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

Command = Callable[..., argparse.ArgumentParser]


def add(verbs: Any, command: Command, deployment: Callable[..., None]) -> None:
    """`command` makes one verb, `deployment` gives it the options that say what is to be deployed."""
    prove = command(
        verbs, "prove", "prove", "prove", "ask it for all that its recipe promises, and say what came of it"
    )
    prove.add_argument("--strict", action="store_true", help="exit 4 where something could not be judged")
    _connect(command(verbs, "connect", "connect", "connect", "settings for a client, and whether it fits the server"))


def _connect(connect: argparse.ArgumentParser) -> None:
    connect.add_argument("name", metavar="CLIENT", nargs="?", help="such as curl or opencode (default: list them)")
    connect.add_argument("--ssh", metavar="DEST", help='through a tunnel, such as "root@HOST -p 22022"')
    connect.add_argument("--port", type=int, metavar="N", help="with --ssh: the port on the client's side")
    connect.add_argument("--url", metavar="URL", help="the address by which the client reaches the server")
    connect.add_argument("--write", action="store_true", help="write the client's file; what was there is kept beside")
    connect.add_argument("-y", "--yes", action="store_true", default=argparse.SUPPRESS, help="write it without asking")
