"""From parsed options to the values the session works with.

What only some commands need is loaded where it is used: all of them begin here, and `rollback` should take no time.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from installer.core.errors import UsageError
from installer.core.runs.home import Home

if TYPE_CHECKING:
    from installer.core.runs.model_request import ModelRequest
    from installer.core.runs.request import Request


def home_of(options: argparse.Namespace) -> Home:
    """The home that is meant."""
    from installer.session.homes import locate

    return locate(options.home, server=getattr(options, "server", None) or "")


def request_of(options: argparse.Namespace, stages: tuple[int, ...] = ()) -> Request:
    """What is requested."""
    from installer.core.runs.request import Request

    return Request(
        recipe=_absolute(options.recipe),
        wish=model_request(options),
        profile=options.profile,
        settings=tuple(options.settings or ()),
        stages=stages,
        machine=_absolute(options.machine, always=True),
        offline=bool(options.offline),
        as_of=_date(options.as_of),
        model_config=_absolute(getattr(options, "model_config", None), always=True),
        overruled=_overruled(getattr(options, "overruled", None) or ()),
    )


def _overruled(codes: Sequence[str]) -> tuple[str, ...]:
    """Those that someone overrules; most name none, and load nothing for it."""
    if not codes:
        return ()
    from installer.session.overruling import checked

    return checked(codes)


_DETAILS = ("context", "users", "engine", "quantization", "revision")
"""What may be said of a model that is named."""


def model_request(options: argparse.Namespace) -> ModelRequest | None:
    """The model that is named in place of a recipe. Raises `UsageError` for what does not go together."""
    from installer.core.runs.model_request import ModelRequest

    details = {key: getattr(options, f"wish_{key}", None) for key in _DETAILS}
    given = [f"--{key}" for key, value in details.items() if value is not None]
    model = getattr(options, "wish_model", None)
    if model is None:
        if given:
            raise UsageError(
                f"{given[0]} applies to a derived recipe, but no model was given.", "It goes with --model only.",
                "Name a model (--model ORG/NAME), or use --set for a value of a recipe.",
            )  # fmt: skip
        return None
    if getattr(options, "recipe", None) is not None:
        raise UsageError(
            "Both a model and a recipe were given.", "A recipe is derived for --model; --recipe names another one.",
            "Leave one of them out.",
        )  # fmt: skip
    for key in ("context", "users"):
        if (number := getattr(options, f"wish_{key}", None)) is not None and number < 1:
            raise UsageError(f"--{key} {number} is not a number above zero.", "", f"Give --{key} a whole number.")
    return ModelRequest(_model(model), **details)


def _model(name: str) -> str:
    """A folder by its whole path; a name of the hub as it is. Raises `UsageError` for what is neither."""
    from installer.core.files.problems import quote
    from installer.core.recipes.rules import hub

    path = Path(name).expanduser()
    if name.startswith(("/", "./", "../", "~")) or name in (".", "..") or path.is_dir():
        return str(path.absolute())
    if problem := hub(name):
        raise UsageError(
            f"{quote(name)} is not a model.", f"{problem[:1].upper()}{problem[1:]}.",
            "Name a model of the hub (--model ORG/NAME) or a folder (--model ./folder).",
        )  # fmt: skip
    return name


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
            f"{quote(text)} is not a date.", "--as-of needs a valid date.",
            "Write it as year-month-day, such as --as-of 2026-01-20.",
        ) from None  # fmt: skip


def _absolute(name: str | None, *, always: bool = False) -> str | None:
    """A file by its whole path, because the installer process runs in another folder; names of recipes stay."""
    if name is None or not (always or os.sep in name or name.endswith((".yaml", ".yml"))):
        return name
    return str(Path(name).absolute())
