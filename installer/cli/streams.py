"""How the command line speaks: data on stdout, talk on stderr, colour only on a terminal. Never says a secret."""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from typing import Any

from installer.core.errors import DeployError
from installer.core.secrets import Redactor

_COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def paint(text: str, colour: str, *, error: bool = True) -> str:
    """`text` in a colour, where the stream is a terminal that wants one."""
    stream = sys.stderr if error else sys.stdout
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


@cache
def _redactor() -> Redactor:
    return Redactor.of(os.environ)


def say(text: str = "") -> None:
    """Talk: for a person, on stderr."""
    print(_redactor().exact(text), file=sys.stderr, flush=True)  # noqa: T201


def data(text: str) -> None:
    """Data: what was asked for, on stdout."""
    print(_redactor().exact(text), flush=True)  # noqa: T201


def document(body: dict[str, Any]) -> None:
    """One JSON document on stdout, nothing else there."""
    clean = _redactor().value(body)
    print(json.dumps(clean, ensure_ascii=False, indent=2, default=dict), flush=True)  # noqa: T201


def explain(error: DeployError) -> None:
    """A failure as its three sentences."""
    say(paint(error.what, "red"))
    for sentence in (error.why, error.fix):
        if sentence:
            say(f"  {sentence}")
