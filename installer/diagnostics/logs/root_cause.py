"""The failure that the others of a log come from. Pure; needs no catalogue, and uses what one knows.

Never names a consequence where anything else is reported, and nothing that the program recovered from as a failure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from installer.core.secrets import redact
from installer.core.text.plain import shortened
from installer.diagnostics.logs.event import FAINT, LOUD, QUIET, RAISED, WARNED, Event, chain
from installer.diagnostics.logs.lines import Line
from installer.diagnostics.logs.origin import frame_of, package_of, version_of
from installer.diagnostics.logs.search_phrase import search_phrase

_APART = 400
"""Lines between two failures that have nothing to do with each other: the program went on."""
_END = 40
"""A complaint that does not call itself an error counts if it is among so many last lines."""
_NAMES = re.compile(r"\b(?:[A-Z]\w*)?(?:Error|Exception)\b")
"""A warning that names an exception tells why where nothing but its consequences is reported."""
_MOST_CAUSED = 20
_LONGEST = 400
_CLOSE = 12
"""So many lines before an assertion that says nothing, what calls itself an error says why."""
_MUTE = re.compile(r"AssertionError(?:: assert .*)?")
_BARE = ("KeyError", "StopIteration", "AttributeError", "IndexError", "Empty", "ModuleNotFoundError")
"""Raised by a look-up that failed, and caught on purpose: what is raised while they are handled says more."""


@dataclass(frozen=True, slots=True)
class Root:
    """The line that says why, and what is known of it."""

    line: int
    text: str
    exception: str
    package: str
    version: str
    frame: str
    process: str
    caused: tuple[int, ...]
    """Lines that follow from it."""
    recovered: bool
    search: str


def choose(events: Sequence[Event], over: Callable[[Event], bool], last: int) -> tuple[Event | None, bool]:
    """The event that the others come from, and whether the program recovered from it; `None` if nothing failed.

    `over`: whether the program went on after a failure; `last`: the last line of the log.
    """
    open_ = [event for event in events if not over(event)]
    if root := _earliest(open_, last):
        return root, False
    raised = [event for event in events if event.weight >= RAISED and not event.consequence]
    return (_first(raised), True) if raised else (None, False)


def _earliest(events: Sequence[Event], last: int) -> Event | None:
    """The first of the strongest that say why; only where none does, of what the log says next to its end."""
    reasons = [event for event in events if not event.consequence]
    ends = [event for event in events if event.consequence]
    strong = _weighing(reasons, RAISED) or _weighing(reasons, LOUD)
    if strong:
        return _told_before(_first(strong), reasons)
    late = [event for event in _weighing(reasons, QUIET) if ends or event.line > last - _END]
    return _first(late) or _before_the_end(reasons, ends)


def _weighing(events: Sequence[Event], least: float) -> list[Event]:
    return [event for event in events if event.weight >= least]


def _before_the_end(reasons: Sequence[Event], ends: Sequence[Event]) -> Event | None:
    """What was only remarked or warned of where something ended, or else the end itself."""
    if not ends:
        return None
    faint = [event for event in reasons if event.weight == FAINT]
    warned = [event for event in reasons if event.weight == WARNED and _NAMES.search(event.parts[0])]
    return _first(faint or warned or _weighing(ends, LOUD))


def _first(events: Sequence[Event]) -> Event | None:
    """The first of the last group of adjacent ones."""
    if not events:
        return None
    start = 0
    for at in range(1, len(events)):
        if events[at].line - events[at - 1].line > _APART:
            start = at
    group = events[start:]
    return _informative(group[0], group)


def _told_before(event: Event | None, reasons: Sequence[Event]) -> Event | None:
    """An event, or the error right before it where it is an assertion that says nothing."""
    if event is None or event.known or not _MUTE.fullmatch(event.text):
        return event
    told = [one for one in reasons if one.weight == LOUD and 0 < event.line - one.line <= _CLOSE]
    return told[-1] if told else event


def _informative(event: Event, group: Sequence[Event]) -> Event:
    """An event, or what was raised from it where only that is known, or where it is a look-up that failed."""
    if event.known:
        return event
    raised = [later for later in group if later.before is event and not later.consequence]
    if known := next((later for later in raised if later.direct and later.known), None):
        return known
    if event.exception.rpartition(".")[2] not in _BARE:
        return event
    return next((later for later in raised if event.mute or not later.direct), event)


def described(event: Event, lines: Sequence[Line], events: Sequence[Event], recovered: bool) -> Root:
    """What is known of the event that the others come from."""
    package = package_of(event)
    caused = [
        other.line for other in events if other.line > event.line and (other.consequence or event in chain(other))
    ]
    text = redact(_first_words(event.parts))
    return Root(
        line=event.line,
        text=shortened(text, _LONGEST),
        exception=event.exception,
        package=package,
        version=version_of(package, (line.text for line in lines)),
        frame=redact(frame_of(event)),
        process=event.process or event.where,
        caused=tuple(dict.fromkeys(caused))[:_MOST_CAUSED],
        recovered=recovered,
        search=search_phrase(event.exception, text),
    )


def _first_words(parts: Sequence[str]) -> str:
    """The first line of a message, with what follows where that only announces it."""
    if len(parts) > 1 and (parts[0].endswith(":") or " validation error" in parts[0]):
        return " ".join(parts[:4])
    return parts[0]
