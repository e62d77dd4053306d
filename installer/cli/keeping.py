"""`--stop-after`, `--idle-stop`, `--then`: until when a server is kept. Says what follows from them."""

from __future__ import annotations

import argparse

from installer.cli import streams
from installer.cli.requests import home_of
from installer.core.contracts.watching import Deadlines


def add_to(parser: argparse.ArgumentParser, *, top: bool = False) -> None:
    """The options, for a command that starts a server."""
    absent = None if top else argparse.SUPPRESS
    parser.add_argument(
        "--stop-after", metavar="TIME", default=absent, help="end the server so long after its start: 8h, 45m, never"
    )
    parser.add_argument(
        "--idle-stop", metavar="TIME", default=absent, help="end it when nobody has used it for so long"
    )
    parser.add_argument(
        "--then", metavar="COMMAND", default=absent, help="run this after such an end, such as what stops the pod"
    )


def _given(options: argparse.Namespace) -> list[str | None]:
    return [getattr(options, name, None) for name in ("stop_after", "idle_stop", "then")]


def check(options: argparse.Namespace) -> None:
    """Whether what is given can be read; nothing is kept yet. Raises `UsageError`."""
    if any(word is not None for word in _given(options)):
        from installer.session import keeping

        keeping.changed(Deadlines(), *_given(options))


def note(options: argparse.Namespace) -> None:
    """Keep what is given; for a server that runs it holds at once."""
    if any(word is not None for word in _given(options)):
        from installer.session import keeping

        if told := keeping.advice(keeping.keep(home_of(options), *_given(options))):
            streams.say(told)
