"""`--stop-after`, `--idle-stop`, `--then`: until when a server is kept. Says what follows from them."""

from __future__ import annotations

import argparse

from installer.cli.requests import home_of


def _given(options: argparse.Namespace) -> list[str | None]:
    return [getattr(options, name, None) for name in ("stop_after", "idle_stop", "then")]


def check(options: argparse.Namespace) -> None:
    """Whether what is given can be read; nothing is kept yet. Raises `UsageError`."""
    if any(word is not None for word in _given(options)):
        from installer.core.contracts.watching import Deadlines
        from installer.session import server_deadlines

        server_deadlines.changed(Deadlines(), *_given(options))


def note(options: argparse.Namespace) -> None:
    """Keep what is given; for a running server it applies at once."""
    if any(word is not None for word in _given(options)):
        from installer.cli import streams
        from installer.session import server_deadlines

        wanted = server_deadlines.keep(home_of(options), *_given(options))
        streams.say(server_deadlines.summary(wanted))
        if advice := server_deadlines.advice(wanted):
            streams.say(advice)
