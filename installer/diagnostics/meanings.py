"""What the names and numbers in messages mean: of an error number, a status, a library, an option. Pure.

Its rows: `installer/knowledge/meanings.yaml`. Never guesses: what no row names has no meaning here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from installer.diagnostics import pip_conflict, pip_listing, release_meanings
from installer.diagnostics.logs.patterns import Pattern, any_of, when_asked
from installer.knowledge import packages, tables

_NO_WORDS = re.compile(
    r"https?://\S+|(?<![\w.])(?:~|\.{0,2})/[^\s'\"`,;:)]+|(?<![\w.-])(?:[\w.-]+/){2,}[\w.-]+\.\w{1,4}\b"
)
"""Addresses and paths: their content is a name, and says nothing about what a message is about."""
_AMOUNT = re.compile(r"((\d+(?:\.\d+)?) ([KMGT])iB)")
_AMPLE = 8
"""So many times what was requested is more than fragments would explain."""


def meaning(section: str, text: str, engine: str = "", version: str = "") -> Mapping[str, Any] | None:
    """The first row of a section whose pattern is found in `text`; `None` if none is.

    `engine`, `version`: of the log, where it says so; the meaning of an option depends on them.
    """
    if computed := _COMPUTED.get(section):
        return computed(text, engine, version)
    return _first(section, text)


def _first(section: str, text: str) -> Mapping[str, Any] | None:
    anything, rows = _section(section)
    return next(row for pattern, row in rows if pattern.search(text)) if anything.search(text) else None


@cache
def _section(name: str) -> tuple[Pattern, tuple[tuple[Pattern, Mapping[str, Any]], ...]]:
    rows = tables.table("meanings")[name]
    return any_of([row["match"] for row in rows]), tuple((when_asked(row["match"]), row) for row in rows)


def _term(text: str, engine: str, version: str) -> Mapping[str, Any] | None:
    return _first("terms", _NO_WORDS.sub(" ", text))


def _module(text: str, engine: str, version: str) -> Mapping[str, Any] | None:
    return {"package": " or ".join(packages.bringing(text))}


def _place(text: str, engine: str, version: str) -> Mapping[str, Any] | None:
    """What a traceback was doing: the innermost of its frames, one a line, that says so; then what most frames are."""
    return next((row for section in ("places", "places_else") if (row := _innermost(section, text))), None)


def _named_place(text: str, engine: str, version: str) -> Mapping[str, Any] | None:
    """The same, but only of the frames that say more than that the model was run."""
    return _innermost("places", text)


def _innermost(section: str, text: str) -> Mapping[str, Any] | None:
    anything, rows = _section(section)
    for frame in text.split("\n"):
        if anything.search(frame):
            return next(row for pattern, row in rows if pattern.search(frame))
    return None


def _feature(text: str, engine: str, version: str) -> Mapping[str, Any] | None:
    """What can be switched off and called what a traceback was doing: the outermost of its frames that says so."""
    inner = _place(text, engine, version)
    rows = (*_section("places")[1], *_section("places_else")[1])
    features = [(pattern, row) for pattern, row in rows if row.get("feature") and row is not inner]
    for frame in reversed(text.split("\n")):
        if found := next((row for pattern, row in features if pattern.search(frame)), None):
            return found
    return None


def _within(text: str, engine: str, version: str) -> Mapping[str, Any] | None:
    """The outermost feature of a traceback's frames that is worth a word next to any cause."""
    told = [(pattern, row) for pattern, row in _section("places")[1] if row.get("told")]
    frames = reversed(text.split("\n"))
    return next((row for frame in frames for pattern, row in told if pattern.search(frame)), None)


def _share(text: str, engine: str, version: str) -> Mapping[str, Any] | None:
    """The share that `free/total` is, rounded down: what still fits."""
    free, _, total = text.partition("/")
    try:
        share = int(float(free) / float(total) * 100) / 100
    except (ValueError, ZeroDivisionError):
        return None
    return {"fits": f"{share:.2f}"}


def _refused(text: str, engine: str, version: str) -> Mapping[str, Any] | None:
    """What was requested and what is free, of a message that says memory ran out, where far more is free."""
    amounts = [(float(number) * 1024 ** "KMGT".index(unit), said) for said, number, unit in _AMOUNT.findall(text)]
    if len(amounts) < 2 or amounts[-1][0] < _AMPLE * amounts[0][0]:
        return None
    return {"asked": amounts[0][1], "free": amounts[-1][1]}


def _library(text: str, engine: str, version: str) -> Mapping[str, Any] | None:
    rows = tables.table("libraries")["packages"]
    return next(({"package": row["package"]} for row in rows if row["library"] == text), None)


_COMPUTED = {
    "modules": _module,
    "debian": _library,
    "terms": _term,
    "places": _place,
    "named_places": _named_place,
    "features": _feature,
    "within": _within,
    "shares": _share,
    "refused": _refused,
    "options": release_meanings.option,
    "settings": release_meanings.setting,
    "architectures": release_meanings.architecture,
    "pins": release_meanings.pin,
    "conflicts": pip_conflict.conflict,
    "conflicts_alike": pip_conflict.missing,
    "listed_other_python": pip_listing.other_python,
    "listed_other_index": pip_listing.other_index,
    "listed_beyond": pip_listing.beyond,
    "listed_between": pip_listing.between,
}
"""Sections that other tables already contain."""
