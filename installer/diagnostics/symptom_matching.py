"""Which symptom knows a failure of a log, by its message and by the lines around it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from installer.diagnostics.logs.event import RAISED, WARNED, Event, separated
from installer.diagnostics.logs.lines import Line
from installer.diagnostics.logs.origin import version_of
from installer.diagnostics.logs.patterns import Match
from installer.diagnostics.meanings import meaning
from installer.diagnostics.symptoms import Symptom, catalogue, failures, forms
from installer.diagnostics.wording import Values, values_of

_AROUND = 24
"""Messages on either side that can confirm or contradict a symptom."""
_LONGEST = 2048
_MOST = 300
"""Failures from the beginning, and as many from the end of a log, that are compared with the catalogue."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A failure, the symptom that knows it best, and what the symptom read out of it."""

    event: Event
    symptom: Symptom
    values: Values
    confidence: float


class Recogniser:
    """Compares the failures of one log with the catalogue."""

    def __init__(self, lines: Sequence[Line], programs: frozenset[str], engine: str = "") -> None:
        self._lines = lines
        self._programs = programs
        self._engine = engine
        self._version: str | None = None

    def all(self, events: Iterable[Event]) -> list[Recognised]:
        """The best symptom of each failure that one knows; marks the failures."""
        every = list(events)
        compared = every if len(every) <= 2 * _MOST else [*every[:_MOST], *every[-_MOST:]]
        found = [one for event in compared if (one := self._best(event))]
        for one in found:
            one.event.consequence |= one.symptom.consequence
            if not one.symptom.consequence and one.event.weight > WARNED:
                one.event.known.append(one.symptom.id)
                one.event.weight = max(one.event.weight, RAISED)
                one.event.consequence = False
        return found

    def by_form(self, event: Event) -> Recognised | None:
        """What the form of a failure says of it, whatever it is about: the surest, of equals the first."""
        pairs = [pair for pair in self._pairs(event, of_forms=True) if _may_read(pair[0], event)]
        read = [one for symptom, match in pairs if (one := self._read(event, symptom, match, of_forms=True))]
        return max(read, key=lambda one: one.confidence, default=None)

    def _best(self, event: Event) -> Recognised | None:
        pairs = list(self._pairs(event))
        best = max(pairs, key=lambda pair: _rank(event, *pair), default=None)
        return self._read(event, *best) if best else None

    def _pairs(self, event: Event, *, of_forms: bool = False) -> Iterator[tuple[Symptom, Match]]:
        around: str | None = None
        for symptom, match in _matches(event.text[:_LONGEST], of_forms):
            if symptom.programs and not symptom.programs & self._programs:
                continue
            if symptom.near or symptom.not_near:
                around = around if around is not None else self._around(event.at)
                if symptom.near and not symptom.near.search(around):
                    continue
                if symptom.not_near and symptom.not_near.search(around):
                    continue
            yield symptom, match

    def _read(self, event: Event, symptom: Symptom, match: Match, *, of_forms: bool = False) -> Recognised | None:
        """What a symptom reads out of a failure; `None` for a form where a name in it has no meaning that is known."""
        groups = {name: value for name, value in match.groupdict().items() if value is not None}
        values: dict[str, str | Mapping[str, str]] = {
            **values_of(event),
            **self._nearby_values(event, symptom),
            **groups,
        }
        confidence = symptom.confidence
        for place, section in symptom.look_up.items():
            text = values.get(place)
            found = self._meaning(section, text) if isinstance(text, str) and text else None
            if found is None and of_forms:
                return None
            values[place] = {**(found or {}), "text": text if isinstance(text, str) else ""}
            confidence = (found or {}).get("confidence", confidence)
        return Recognised(event, symptom, _told(values, event), confidence)

    def _nearby_values(self, event: Event, symptom: Symptom) -> Mapping[str, str]:
        """What a symptom reads out of the lines around a failure."""
        found = symptom.near.search(self._around(event.at)) if symptom.near else None
        return {name: value for name, value in found.groupdict().items() if value is not None} if found else {}

    def _meaning(self, section: str, text: str) -> Mapping[str, Any] | None:
        if self._version is None:
            self._version = version_of(self._engine, (line.text for line in self._lines))
        return meaning(section, text, self._engine, self._version)

    def _around(self, at: int) -> str:
        return "\n".join(line.text for line in self._lines[max(at - _AROUND, 0) : at + _AROUND + 1])


def _told(values: Values, event: Event) -> Values:
    """What was read out of a message of several lines, as a person can read it."""
    if len(event.parts) < 2:
        return values
    return {
        name: separated(held, event.parts, event.told)
        if isinstance(held, str)
        else {**held, "text": separated(held["text"], event.parts, event.told)}
        if "text" in held
        else held
        for name, held in values.items()
    }


def _may_read(form: Symptom, event: Event) -> bool:
    """Whether a form says anything of a failure: the frames of what only ended say nothing of why."""
    return "frames" not in form.look_up if event.consequence else not form.consequence


def _rank(event: Event, symptom: Symptom, match: Match) -> tuple[bool, float, bool]:
    """The evidence for a symptom: of equally sure ones, that which finds the line itself, not only what follows."""
    return not symptom.consequence, symptom.confidence, match.start() < len(event.parts[0])


@lru_cache(maxsize=512)
def _matches(text: str, of_forms: bool) -> tuple[tuple[Symptom, Match], ...]:
    """Which symptoms know a message by itself; the same message is often in a log many times."""
    return tuple(
        (symptom, match)
        for table in ((forms(),) if of_forms else failures())
        if table.any.search(text)
        for symptom in table.symptoms
        if (match := symptom.signature.search(text))
    )


def notes(lines: Iterable[Line]) -> Iterator[tuple[Line, Symptom, Values]]:
    """What is worth knowing in a log that shows no failure; each once."""
    noted: set[str] = set()
    rows = [symptom for symptom in catalogue() if symptom.note]
    for line in lines:
        for symptom in rows:
            if symptom.id not in noted and (match := symptom.signature.search(line.text)):
                noted.add(symptom.id)
                yield line, symptom, {name: value or "" for name, value in match.groupdict().items()}
