"""The table of what is known about secrets: words in names, shapes of values. Read once, from the file next to it.

It is JSON and not YAML because the process that watches over a server reads it too, and has the standard library only.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("known.json")


@cache
def table() -> dict[str, Any]:
    """The whole file."""
    body: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return body


@cache
def words_of(section: str, key: str) -> frozenset[str]:
    """One list of words."""
    return frozenset(table()[section][key])


@cache
def shapes() -> re.Pattern[str]:
    """Everything that is a secret by its form. Each alternative begins where a word begins, so it is tried once.

    A word also begins after an escape: of a string (\\n), of an address (%20) and of a terminal (the m of a colour).
    """
    edge = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt])|(?<=%[0-9A-F]{2})|(?<=[0-9\[]m))"
    return re.compile(edge + "(?:" + "|".join(row["pattern"] for row in table()["shapes"]) + ")")
