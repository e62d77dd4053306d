"""Puts a recognised failure into words for the engine whose log it is, with what its message contains.

Pure. Never names a flag of another engine, nor a command of this tool for a log that is not of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from installer.core.secrets import redact
from installer.core.text.languages import _, translated
from installer.core.text.plain import shortened
from installer.diagnostics.logs.event import Event
from installer.diagnostics.logs.origin import package_of
from installer.diagnostics.meanings import meaning
from installer.diagnostics.offered_values import offered
from installer.diagnostics.symptoms import Symptom
from installer.knowledge.engines import definitions

_LONGEST = 400
_VALUE = 300
_UNSURE = 0.8
"""Below this confidence, what the traceback was doing is told with any cause."""
_PLACE = re.compile(r"\{(?P<name>\w+)(?:\.(?P<of>\w+))?(?:\|(?P<way>\w+))?\}")
_BLANKS = re.compile(r" \([;:, ]*\)|(?<=\() +| +(?=\))| +(?=[,.;:](?: |$))| +(?= )")
"""What stays where a message had nothing to fill in."""
_DASHES = "dashes"
"""A way to write a value: `{flag|dashes}` has dashes for underscores."""
_REPEATED = re.compile(r" \[type=\w+, input_value=.*$", re.S)
"""What a validator appends to a message: the input once more, and where to read about validators."""
_AS_SAID = "text"
"""The part of a meaning that is not its own: the words of the message that were looked up."""
Values = Mapping[str, "str | Mapping[str, str]"]


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
    repair: tuple[str, ...] = ()
    """Settings of the recipe that repair it, of a run of this tool; they change only how the server is started."""


def values_of(event: Event) -> Values:
    """What is known of a failure next to what a pattern reads out of it."""
    frames = "\n".join(f"{frame.path} {frame.function}" for frame in reversed(event.frames))
    message = event.text.removeprefix(event.exception).lstrip(": ") if event.exception else event.text
    message = _REPEATED.sub("", message)
    return {
        "message": message,
        "said": message,
        "exception": event.exception.rpartition(".")[2],
        "asker": package_of(event) or _("A package"),
        "frames": frames,
        "callers": frames,
    }


@dataclass(frozen=True, slots=True)
class Wording:
    """Knows the engine of a log, and whether it is of a run of this tool."""

    engine: str
    ours: bool

    def candidate(self, symptom: Symptom, values: Values, line: int, evidence: str, confidence: float) -> Candidate:
        return Candidate(
            id=symptom.id,
            title=_filled(_(symptom.title), values),
            confidence=round(confidence, 2),
            line=line,
            evidence=shortened(redact(evidence), _LONGEST),
            cause=" ".join(
                filter(None, (_filled(_(symptom.cause), values), _offered(values), _within(symptom, values)))
            ),
            fix=_filled(" ".join(self._fix(symptom.fix, symptom.fixes, values)), values),
            command=self._command(symptom),
            sources=symptom.sources,
            repair=tuple(_filled(word, values) for word in symptom.repairs.get(self.engine, ())) if self.ours else (),
        )

    def _command(self, symptom: Symptom) -> tuple[str, ...]:
        command = symptom.commands.get(self.engine, symptom.command)
        return () if command[:1] == ("deploy-tui",) and not self.ours else command

    def _fix(self, fix: str, fixes: Mapping[str, str], values: Values) -> Iterator[str]:
        """What helps with any engine, then with this one; with either where the log does not say which it is."""
        yield _(fix)
        engines = [self.engine] if self.engine else list(definitions.engines())
        looked_up = [value for value in values.values() if isinstance(value, Mapping)]
        for name in engines:
            own = [_(fixes.get(name, "")), *(_(str(value.get(f"fix_{name}", ""))) for value in looked_up)]
            if text := " ".join(filter(None, own)):
                yield text if self.engine else f"{definitions.title_of(name)}: {text}"
        if self.ours and "ours" in fixes:
            yield _(fixes["ours"])


def _offered(values: Values) -> str:
    """What the message itself accepts in place of a value."""
    message = values.get("said", "")
    found = offered(message) if isinstance(message, str) else None
    if found is None:
        return ""
    near, few = found
    return (
        _("Of what it lists, {near} is nearest.").format(near=near) if near else _("It lists: {few}.").format(few=few)
    )


def _within(symptom: Symptom, values: Values) -> str:
    """Which feature called what failed, where the symptom does not tell it from the frames itself.

    Of a symptom that is not sure, where there is none, what the frames were doing.
    """
    frames = values.get("frames", "")
    told = {frames.get("title")} if isinstance(frames, Mapping) else set()
    traced = str(frames.get(_AS_SAID, "")) if isinstance(frames, Mapping) else frames
    within = meaning("within", traced) or (meaning("named_places", traced) if symptom.confidence < _UNSURE else None)
    if within is None or within["title"] in told or "callers" in symptom.look_up:
        return ""
    return _("The frames show that it came while {title}.").format(title=translated(within["title"]))


def _filled(text: str, values: Values) -> str:
    def value(place: re.Match[str]) -> str:
        plain = _plain(values.get(place["name"], ""), place["of"])
        return plain.replace("_", "-") if place["way"] == _DASHES else plain

    return redact(_BLANKS.sub("", _PLACE.sub(value, text)).strip())


def _plain(held: str | Mapping[str, str], of: str | None) -> str:
    """What fills a place: of a message no more than fits and as it is, of a meaning all, in the language spoken."""
    if isinstance(held, Mapping) and of and of != _AS_SAID:
        found = held.get(of, "")
        return translated(found.strip()) if isinstance(found, str) else ""
    text = str(held.get(_AS_SAID, "")) if isinstance(held, Mapping) else held
    return shortened(text.strip(), _VALUE)
