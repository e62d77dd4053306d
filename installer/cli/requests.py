"""From parsed options to the values the session works with."""

from __future__ import annotations

import argparse

from installer.core.home import Home
from installer.core.request import Request


def home_of(options: argparse.Namespace) -> Home:
    """The home that is meant."""
    from installer.session.homes import locate

    return locate(options.home)


def request_of(options: argparse.Namespace, stages: tuple[int, ...] = ()) -> Request:
    """What is asked for."""
    return Request(
        recipe=options.recipe,
        profile=options.profile,
        settings=tuple(options.settings or ()),
        stages=stages,
        machine=options.machine,
        offline=bool(options.offline),
        as_of=options.as_of,
    )
