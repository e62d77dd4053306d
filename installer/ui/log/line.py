"""One line of a log, whose voice it is, and how grave. The voice comes from the kind of event, never from the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from installer.core.text.languages import _

ALL = 0
"""Means "all stages" where a stage's number is expected."""
PLAIN, WARNING, ERROR = 0, 1, 2
"""How grave a line is."""
LEVELS = (_("all lines"), _("warnings"), _("errors"))
_ERROR = re.compile(rb"Error\b|\bERROR\b|\berror\b|\bCRITICAL\b|\bFATAL\b|\bfatal\b|Traceback \(most|\bKilled\b")
_SIGNS = (b"warn", b"error", b"critical", b"fatal", b"traceback", b"killed")
"""What a line that is looked at more closely contains, in small letters: found many times faster than a pattern."""
_BEFORE = re.compile(
    r"(?:\([\w .:-]+ pid=\d+\) )?"  # whose it is, of the processes of one engine
    r"(?:(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) )?"
    r"(?:\[?\d[\d-]*[ T]\d\d:\d\d:\d\d[\d,.]*(?: [A-Z]+\d+)*\]? )"
    r"(?:\[[\w./]+:\d+\] )?"
)
"""What engines write before each message: process, level, time, place in the code."""
WHOLE = 150
"""Cells from which on a message can be read behind that."""
_COLOUR = re.compile(rb"\x1b\[[\d;]*m")
_WARNING = re.compile(rb"Warning\b|\bWARN\b|\bWARNING\b|\bwarning\b")


@dataclass(frozen=True, slots=True)
class Line:
    stage: int | None
    text: str
    voice: str = ""
    """How one of our own is meant ("stage", "good", "bad", "warning", "command", "quiet"); empty: others wrote it."""
    at: float | None = None
    """Seconds since the epoch; `None` if it was not recorded."""
    level: int = PLAIN


def message_of(text: str, room: int) -> str:
    """If there is little room: without what precedes each message, but with its level."""
    found = _BEFORE.match(text) if room < WHOLE else None
    if found is None or found.end() == len(text):
        return text
    return f"{found['level']} {text[found.end() :]}" if found["level"] else text[found.end() :]


OWN_LEVELS = {"bad": ERROR, "warning": WARNING}


def level_of(text: str) -> int:
    """How grave a line is that others wrote."""
    return _level(text.encode("utf-8", "replace"))


def _level(raw: bytes) -> int:
    raw = _COLOUR.sub(b" ", raw)
    return ERROR if _ERROR.search(raw) else WARNING if _WARNING.search(raw) else PLAIN


def levels_in(raw: bytes) -> list[tuple[int, int]]:
    """The lines among many that name a warning or an error, with their level; only those with a sign are looked at."""
    named = ((number, _level(line)) for number, line in lines_containing(raw, _SIGNS))
    return [(number, level) for number, level in named if level]


def lines_containing(raw: bytes, words: Iterable[bytes], *, exact: bool = False) -> Iterator[tuple[int, bytes]]:
    """The lines among many that contain any of the words, with their numbers; without `exact` the words are in small
    letters and case does not matter."""
    searched = raw if exact else raw.lower()
    found = {number: place for each in words for number, place in _containing(searched, each)}
    for number, place in sorted(found.items()):
        begin, end = raw.rfind(b"\n", 0, place) + 1, raw.find(b"\n", place)
        yield number, raw[begin : end if end >= 0 else len(raw)]


def _containing(raw: bytes, words: bytes) -> Iterator[tuple[int, int]]:
    """The numbers of the lines that contain them, each with a place in it."""
    number, counted, place = 0, 0, raw.find(words)
    while place >= 0:
        number += raw.count(b"\n", counted, place)
        yield number, place
        counted = raw.find(b"\n", place)
        if counted < 0:
            return
        place = raw.find(words, counted)
