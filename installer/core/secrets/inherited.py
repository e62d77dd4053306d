"""Which variables of our own environment a process that we start gets: those that it needs, and no others.

The table next to this file says so by purpose. A secret never passes unless that purpose is what it is for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fnmatch import translate
from functools import cache
from pathlib import Path
from typing import Any

from installer.core.secrets import names_a_secret, redact

_FILE = Path(__file__).with_name("inherited.json")


def inherited(environment: Mapping[str, str], purpose: str) -> dict[str, str]:
    """The part of `environment` for a process of that `purpose`, such as "packages", "engine", "ssh" or "system"."""
    wanted, trusted = _names(purpose, "names"), _names(purpose, "secrets")
    return {
        name: value
        for name, value in environment.items()
        if wanted.fullmatch(name) and (trusted.fullmatch(name) or not _secret(name, value))
    }


def _secret(name: str, value: str) -> bool:
    return names_a_secret(name) or redact(value) != value


@cache
def _names(purpose: str, kind: str) -> re.Pattern[str]:
    every = _table()["every"]["names"] if kind == "names" else ()
    names = (*every, *_table()[purpose].get(kind, ()))
    return re.compile("|".join(map(translate, names)) or "(?!)", re.IGNORECASE)


@cache
def _table() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return body
