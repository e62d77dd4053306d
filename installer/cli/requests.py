"""From parsed options to the values the session works with.

What only some commands need is loaded where it is used: all of them begin here, and `rollback` should take no time.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from installer.core.errors import UsageError
from installer.core.runs.home import Home

if TYPE_CHECKING:
    from installer.core.runs.request import Request


def home_of(options: argparse.Namespace) -> Home:
    """The home that is meant."""
    from installer.session.homes import locate

    return locate(options.home)


def request_of(options: argparse.Namespace, stages: tuple[int, ...] = ()) -> Request:
    """What is asked for."""
    from installer.core.runs.request import Request

    return Request(
        recipe=_absolute(options.recipe),
        profile=options.profile,
        settings=tuple(options.settings or ()),
        stages=stages,
        machine=_absolute(options.machine, always=True),
        offline=bool(options.offline),
        as_of=_date(options.as_of),
        model_config=_absolute(getattr(options, "model_config", None), always=True),
    )


def _date(text: str | None) -> str | None:
    """A day as ISO writes it. Raises `UsageError` for anything else."""
    if text is None:
        return None
    from datetime import date

    try:
        # Python 3.11 and newer take other spellings of a date, too; uv and the interface do not.
        if len(text) != len("2026-11-21"):
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        from installer.core.files.problems import quote

        raise UsageError(
            f"{quote(text)} is not a day.", "--as-of wants a date that is in the calendar.",
            "Write it as year-month-day, such as --as-of 2026-01-20.",
        ) from None  # fmt: skip


def _absolute(name: str | None, *, always: bool = False) -> str | None:
    """A file by its whole path, because the engine does not run in this folder; names of recipes stay names."""
    if name is None or not (always or os.sep in name or name.endswith((".yaml", ".yml"))):
        return name
    return str(Path(name).absolute())
