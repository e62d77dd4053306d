"""The output of the command line: data on stdout, messages on stderr, colour only on a terminal. No secrets."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from math import isfinite
from typing import Any, TextIO

from installer.core.errors import DeployError
from installer.core.secrets import Redactor
from installer.core.text.languages import translated

_COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def paint(text: str, colour: str, *, error: bool = True) -> str:
    """`text` in the language that is spoken, in a colour where the stream is a terminal that wants one."""
    return coloured(translated(text), colour, error=error)


def coloured(text: str, colour: str, *, error: bool = True) -> str:
    """The same as it is: for the words of another program, and for what is translated already."""
    stream = sys.stderr if error else sys.stdout
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


@cache
def _redactor() -> Redactor:
    return Redactor.of(os.environ)


_listening: list[Callable[[str], None]] = []


@contextmanager
def copied_to(listener: Callable[[str], None]) -> Iterator[None]:
    """For so long, all output is passed to `listener`, too."""
    _listening.append(listener)
    try:
        yield
    finally:
        _listening.remove(listener)


def say(text: str = "") -> None:
    """Talk: for a person, on stderr, in the language that is spoken."""
    _print(translated(text), sys.stderr)


def show(text: str) -> None:
    """What was requested as a person reads it, on stdout, in the language that is spoken."""
    data(translated(text))


def data(text: str) -> None:
    """Data: what was requested, on stdout."""
    _print(text, sys.stdout)


def verbatim(text: str) -> None:
    """A file or a line for another program, on stdout, as it is: we wrote it, and it names secrets but has none.

    The names look like one (`api_key=os.environ["X"]`), and one character less makes it useless.
    """
    _put(text, sys.stdout)


def _print(text: str, stream: TextIO) -> None:
    _put(_redactor().exact(text), stream)


def _put(text: str, stream: TextIO) -> None:
    for listener in _listening:
        listener(text)
    print(text, file=stream, flush=True)


def document(body: dict[str, Any], **written: Any) -> None:
    """One JSON document on stdout, nothing else there. What is `written` for another program stays as it is."""
    clean = {**_finite(_redactor().value(body)), **written}
    print(json.dumps(clean, ensure_ascii=False, indent=2, default=dict, allow_nan=False), flush=True)  # noqa: T201


def _finite(value: Any) -> Any:
    """JSON has no word for a number that is none: it is not known."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def explain(error: DeployError) -> None:
    """A failure as its three sentences."""
    say(paint(error.what, "red"))
    for sentence in (error.why, error.fix):
        if sentence:
            say(f"  {sentence}")
