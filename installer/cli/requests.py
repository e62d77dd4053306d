"""From parsed options to the values the session works with."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from installer.core.home import Home
from installer.core.request import Request


def home_of(options: argparse.Namespace) -> Home:
    """The home that is meant."""
    from installer.session.homes import locate

    return locate(options.home)


def request_of(options: argparse.Namespace, stages: tuple[int, ...] = ()) -> Request:
    """What is asked for."""
    return Request(
        recipe=_absolute(options.recipe),
        profile=options.profile,
        settings=tuple(options.settings or ()),
        stages=stages,
        machine=_absolute(options.machine, always=True),
        offline=bool(options.offline),
        as_of=options.as_of,
    )


def _absolute(name: str | None, *, always: bool = False) -> str | None:
    """A file by its whole path, because the engine does not run in this folder; names of recipes stay names."""
    if name is None or not (always or os.sep in name or name.endswith((".yaml", ".yml"))):
        return name
    return str(Path(name).absolute())
