"""Whether the engine accepts the server's settings for the whole model: asked of the engine's own configuration.

The configuration is what a server makes of its command line before anything is loaded. What it raises, that server
raises as well. It loads no weights and opens no port, and a release whose configuration is not found is not assessed.
"""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

LONGEST = 400
"""Characters of an engine's own words that are passed on."""


class NotFoundError(Exception):
    """This release has its configuration elsewhere."""


class RefusedError(Exception):
    """What a parser of command lines says."""


def refusal(configure: Callable[..., object] | None, words: Sequence[str] | None) -> str:
    """Why the engine does not start with `words`, as it says it; empty if it does, or if unknown."""
    if configure is None or words is None:
        return ""
    try:
        configure(words, found, strict)
    except NotFoundError:
        return ""
    except Exception as error:
        return named(error)
    except SystemExit as ended:
        return "" if not ended.code else f"its command line ended with status {ended.code}"
    return ""


def named(error: BaseException) -> str:
    """An exception in one line, without what a validation library adds to it."""
    errors = getattr(error, "errors", None)
    said = str(error)
    if callable(errors):
        with suppress(Exception):  # an exception of another library may have the same word
            said = "; ".join(str(one["msg"]) for one in errors()) or said
    name = "" if isinstance(error, RefusedError) else f"{type(error).__name__}: "
    return re.sub(r"\s+", " ", f"{name}{said}").strip()[:LONGEST].rstrip(".")


def found(places: Sequence[str], name: str) -> Any:
    """What has that name in the first of these modules that is there."""
    for place in places:
        try:
            return getattr(importlib.import_module(place), name)
        except (ImportError, AttributeError):
            continue
    raise NotFoundError(name)


def strict(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The same parser, which raises what it would print before it ends the process."""

    def error(message: str) -> NoReturn:
        raise RefusedError(message)

    parser.error = error  # type: ignore[method-assign]
    return parser


def without(options: Mapping[str, Any], names: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The options that stay, and those taken away as words of a command line."""
    taken = {name.replace("-", "_") for name in names}
    kept = {name: value for name, value in options.items() if name not in taken}
    gone = [f"--{name.replace('_', '-')} {value}" for name, value in options.items() if name in taken]
    return kept, gone
