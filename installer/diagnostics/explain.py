"""Explains a log: which known symptoms it shows, the likeliest first. Pure; never claims to know what no row says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from installer.core.text.plain import clean
from installer.core.text.secrets import redact
from installer.diagnostics.symptoms import Symptom, catalogue
from stages.error_lines import without_lead

SURE = 0.8
"""From this confidence on, a reason is told as a fact."""
_MOST = 8
_LONGEST = 400
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reason that would explain the log."""

    id: str
    title: str
    confidence: float
    line: int
    """Of the log, from 1: where it shows first."""
    evidence: str
    """That line, without secrets."""
    cause: str
    fix: str
    command: tuple[str, ...]
    sources: tuple[str, ...]


def explain(lines: Iterable[str]) -> list[Candidate]:
    """What would explain a log with these lines; empty where no row of the catalogue fits."""
    found: dict[str, Candidate] = {}
    for number, line in enumerate(lines, start=1):
        # A line has one reason: the surest row that knows it.
        if (match := _surest(without_lead(clean(line)).strip())) and match[0].id not in found:
            found[match[0].id] = _candidate(*match, number)
    return sorted(found.values(), key=lambda candidate: (-candidate.confidence, candidate.line))[:_MOST]


def likeliest(lines: Iterable[str]) -> Candidate | None:
    """The reason that can be told as a fact; `None` where nothing is that sure."""
    return next((candidate for candidate in explain(lines) if candidate.confidence >= SURE), None)


def _surest(line: str) -> tuple[Symptom, re.Match[str]] | None:
    return max(_matches(line), key=lambda pair: pair[0].confidence, default=None)


def _matches(line: str) -> Iterator[tuple[Symptom, re.Match[str]]]:
    for symptom in catalogue():
        if match := symptom.signature.search(line):
            yield symptom, match


def _candidate(symptom: Symptom, match: re.Match[str], line: int) -> Candidate:
    groups = match.groupdict()

    def filled(text: str) -> str:
        return redact(_PLACE.sub(lambda place: (groups.get(place[1]) or "").strip()[:120], text))

    return Candidate(
        id=symptom.id,
        title=symptom.title,
        confidence=symptom.confidence,
        line=line,
        evidence=redact(match.string)[:_LONGEST],
        cause=filled(symptom.cause),
        fix=filled(symptom.fix),
        command=symptom.command,
        sources=symptom.sources,
    )
