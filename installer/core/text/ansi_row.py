"""A row of a terminal with its colours: changed as text, it keeps its width. Pure.

Every other escape code is dropped: a row that someone reads later must not do anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import zip_longest

from installer.core.text.plain import clean

_COLOUR = re.compile(r"(\x1b\[[0-9;:]*m)")
_GAP = re.compile(r"((?:[│┃┆┊|╭╮╰╯─━]|\s{2,})+)")
"""What separates the columns of a screen."""


def colours_only(row: str) -> str:
    """The row without any escape code or control character but colours."""
    return "".join(part if _COLOUR.fullmatch(part) else clean(part) for part in _COLOUR.split(row))


def changed(row: str, change: Callable[[str], str]) -> str:
    """The row, as `change` has its text. Where that is not what it was, it has no colours and its columns stay."""
    plain = clean(row)
    if (replaced := change(plain)) == plain:
        return colours_only(row)
    fitted = _column_by_column(plain, change)
    return fitted if change(fitted) == fitted else replaced[: len(plain)]


def _column_by_column(plain: str, change: Callable[[str], str]) -> str:
    """What grew takes from the gap after it, and is cut where that is too small."""
    parts = _GAP.split(plain)
    out = []
    for words, gap in zip_longest(parts[::2], parts[1::2], fillvalue=""):
        new = change(words)
        spare = len(gap) - len(gap.lstrip(" "))
        room = len(words) + max(0, spare - 1)
        shown = new[:room] if gap or not words else new
        out += [shown.ljust(len(words)), gap[max(0, len(shown) - len(words)) :]]
    return "".join(out)
