"""Which symptom knows a failure of a log, by its message and by what stands around it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from installer.diagnostics.logs.events import RAISED, WARNED, Event
from installer.diagnostics.logs.lines import Line
from installer.diagnostics.logs.patterns import Match
from installer.diagnostics.symptoms import Symptom, any_symptom, catalogue

_AROUND = 24
"""Messages on either side that can speak for or against a symptom."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A failure, the symptom that knows it best, and what the symptom read out of it."""

    event: Event
    symptom: Symptom
    match: Match


class Recogniser:
    """Compares the failures of one log with the catalogue."""

    def __init__(self, lines: Sequence[Line], programs: frozenset[str]) -> None:
        self._lines = lines
        self._programs = programs

    def all(self, events: Iterable[Event]) -> list[Recognised]:
        """The best symptom of each failure that one knows; marks the failures."""
        found = [one for event in events if (one := self._best(event))]
        for one in found:
            if not one.symptom.consequence and one.event.weight > WARNED:
                one.event.known.append(one.symptom.id)
                one.event.weight = max(one.event.weight, RAISED)
                one.event.consequence = False
        return found

    def _best(self, event: Event) -> Recognised | None:
        if not any_symptom().search(event.text):
            return None
        pairs = [pair for pair in self._pairs(event) if not pair[0].note]
        best = max(pairs, key=lambda pair: (not pair[0].consequence, pair[0].confidence), default=None)
        return Recognised(event, *best) if best else None

    def _pairs(self, event: Event) -> Iterator[tuple[Symptom, Match]]:
        around: str | None = None
        for symptom in catalogue():
            if symptom.programs and not symptom.programs & self._programs:
                continue
            if not (match := symptom.signature.search(event.text)):
                continue
            if symptom.near or symptom.not_near:
                around = around if around is not None else self._around(event.at)
                if symptom.near and not symptom.near.search(around):
                    continue
                if symptom.not_near and symptom.not_near.search(around):
                    continue
            yield symptom, match

    def _around(self, at: int) -> str:
        return "\n".join(line.text for line in self._lines[max(at - _AROUND, 0) : at + _AROUND + 1])


def notes(lines: Iterable[Line]) -> Iterator[tuple[Line, Symptom, Match]]:
    """What is worth knowing in a log that shows no failure; each once."""
    told: set[str] = set()
    rows = [symptom for symptom in catalogue() if symptom.note]
    for line in lines:
        for symptom in rows:
            if symptom.id not in told and (match := symptom.signature.search(line.text)):
                told.add(symptom.id)
                yield line, symptom, match
