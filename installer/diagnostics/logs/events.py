"""The failures that a log tells of: exceptions and where they were raised, errors, complaints. Checks no reason.

Each process is followed by itself, because the lines of several are mixed in one log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from installer.diagnostics.logs.event import FAINT, LOUD, QUIET, RAISED, WARNED, Event, Frame
from installer.diagnostics.logs.line_patterns import CAUSED, ENDS, EXCEPTION, FRAME, INSIDE, REFUSED, Signs, signs
from installer.diagnostics.logs.lines import Line

_CONTEXT = "During handling of the above exception"
_CAUSE = "The above exception was the direct cause"
_START = "Traceback (most recent call last)"
_BEGUN = ", Traceback (most recent call last)"
"""A program that puts a traceback behind its own complaint, on one line."""
_MOST_PARTS = 24
_PLAIN = ("Error", "Exception")
"""How programs of other languages begin any complaint; only after frames is it an exception of Python."""
_MARKS = re.compile(r"^[\s│×├╰─▶|>*!]+")
_ANNOUNCED = re.compile(
    r"\bpanicked at [^\s'\"]+:$|^terminate called after throwing|\b(?:because|due to|the following \w+(?: \w+)?)[:.]$"
)
"""The message is on the next line."""
_WHAT = re.compile(r"^what\(\):\s*")
_LISTED = "Caused by:"
_DETAILED = "The conflict is caused by:"
"""What pip puts over the demands that contradict each other."""
_NUMBERED = re.compile(r"\s+(?:\d{1,2}: )?(?P<text>\S.*)")
"""What a program of Rust says its error came from, one a line, under a heading of its own, numbered or not."""
_VALIDATED = " validation error"
_FIELD = re.compile(r"[\w.\[\]-]{1,80}$")
"""A validator names the field on a line of its own, and what is wrong with it on the next."""
_JOINED = re.compile(r"^\s+(?![-*•]\s)\S")
_ITEM = re.compile(r"^\s*[-*•]\s+\S")
_GAVE_UP = re.compile(
    r"(?P<program>[\w./-]{1,40}: )(?i:giving up|quitting|aborting|bailing out|stopping|exiting)\b.{0,40}$"
)


@dataclass(slots=True)
class _Stream:
    frames: list[Frame] = field(default_factory=list)
    depth: int = 0
    code: str = ""
    open: Event | None = None
    last: Event | None = None
    newest_failure: Event | None = None
    """The newest failure, whether or not lines still belong to it."""
    listed: bool = False
    link: str = ""
    module: str = ""
    before: str = ""
    """The message before this one."""
    place: tuple[int, int] = (0, 0)
    """Where that one is, among the messages and in the log."""
    header: str = ""
    relayed: bool = False
    """Whether a traceback was begun by a line that is called information."""


class Finder:
    """Reads messages in order and finds the failures among them."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        self._known = known
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._latest: dict[str, str] = {}
        self._signs: Signs = signs()
        self.found: list[Event] = []

    def read(self, lines: Iterable[Line]) -> list[Event]:
        for at, line in enumerate(lines):
            self._line(at, line)
        return _without_handled(self.found)

    def _line(self, at: int, line: Line) -> None:
        if (cut := line.text.find(_BEGUN)) > 0:
            self._line(at, replace(line, text=line.text[:cut]))
        process = self._process(line)
        stream = self._streams.setdefault((line.where, process), _Stream())
        if line.quiet and _relays(stream, line.text):
            line = replace(line, level="")
        if line.quiet or not line.text.strip():
            if line.quiet or stream.open is None or not _announces(stream.open):
                stream.open, stream.listed = None, False
            return
        if self._is_trace(stream, line):
            return
        raised = self._exception(line, stream)
        if raised or (not self._continues(at, stream, line) and not self._signs.echo.search(line.text)):
            self._before_the_end(line, process, stream)
            self._complaint(at, line, process, stream, raised)
        stream.module, stream.before, stream.place = line.source, line.text, (at, line.number)

    def _process(self, line: Line) -> str:
        """Whose line it is: its own mark says so, or else it continues with the one before."""
        before = self._latest.get(line.where, "")
        held = self._streams.get((line.where, before))
        goes_on = not line.led or (not line.process and held is not None and held.relayed)
        process = self._latest[line.where] = before if goes_on else line.process
        return process

    def _is_trace(self, stream: _Stream, line: Line) -> bool:
        """Whether a line is part of a traceback, and not yet its end."""
        text = line.text
        if frame := FRAME.match(text):
            if not stream.frames:
                stream.code, stream.open = "", None
            stream.frames.append(Frame(frame["path"], frame["line"], frame["function"] or ""))
            stream.depth = line.indent
            return True
        if _CAUSE in text or _CONTEXT in text:
            stream.link, stream.frames, stream.open = ("cause" if _CAUSE in text else "context"), [], None
            return True
        if _START in text:
            stream.frames, stream.open, stream.header = [], None, stream.before
            return True
        # Pasted logs often lost their indentation: there only the exception ends a traceback.
        if stream.frames and (line.indent > stream.depth or (not stream.depth and not EXCEPTION.match(text.strip()))):
            stream.code = text.strip() if text.strip(" ^~") else stream.code
            return True
        return False

    def _exception(self, line: Line, stream: _Stream) -> str:
        text = line.text.lstrip(" │")
        if line.indent and not stream.frames and not line.text.startswith(("    ", "│")) and line.level:
            return ""
        ends = stream.frames and line.indent < stream.depth
        match = EXCEPTION.match(text) or (ENDS.match(text) if ends else None)
        if match is None or match["name"].endswith("Warning") or (match["name"] in _PLAIN and not ends):
            return ""
        return match["name"]

    def _continues(self, at: int, stream: _Stream, line: Line) -> bool:
        """Takes a line as the continuation of the failure before it, where it is one."""
        text = line.text
        if text.strip() == _LISTED:
            stream.open, stream.listed = stream.newest_failure, stream.newest_failure is not None
            return stream.listed
        if text.strip() == _DETAILED and stream.newest_failure is not None:
            stream.open = stream.newest_failure
            return True
        event = stream.open
        if event is None or len(event.parts) >= _MOST_PARTS:
            return False
        if inner := _cause(event, stream, text):
            self._inner(at, event, line, inner["text"].strip())
            return True
        if _ANNOUNCED.search(event.parts[0]):
            self._inner(at, event, line, _WHAT.sub("", text.strip()))
            return True
        joined = (
            _JOINED.match(text)
            or (_ITEM.match(text) and (_announces(event) or _ITEM.match(event.newest)))
            or (_VALIDATED in event.parts[0] and _FIELD.match(text))
            or (event.exception and event.parts[0] == f"{event.exception}:")
            or (event.exception and line.level in ("ERROR", "FATAL") and line.source == stream.module)
        )
        if _is_bare(event) and line.indent and not self._loud(line):
            event.parts[0] = f"{event.exception}: {text.strip()}"
            return True
        if joined and not self._loud(line):
            event.add(text.strip())
            return True
        return False

    def _inner(self, at: int, event: Event, line: Line, text: str) -> None:
        """Makes what a failure came from its first part."""
        event.parts.insert(0, text)
        event.told = 1
        event.line, event.at = line.number, at
        if match := EXCEPTION.match(text):
            event.exception = match["name"]
        event.consequence = bool(self._signs.consequence.search(text))

    def _before_the_end(self, line: Line, process: str, stream: _Stream) -> None:
        """Notes what a program said right before it gave up: where nothing else says why, that does."""
        end = _GAVE_UP.match(line.text)
        if end and stream.open is None and stream.before.startswith(end["program"]):
            at, number = stream.place
            self.found.append(Event(at, number, [stream.before], FAINT, process, line.where))

    def _loud(self, line: Line) -> bool:
        return bool(self._signs.loud.search(line.text.lstrip())) and not self._signs.harmless.search(line.text.strip())

    def _complaint(self, at: int, line: Line, process: str, stream: _Stream, raised: str) -> None:
        weight = self._weight(line, raised)
        event = None
        if weight:
            text = _MARKS.sub("", line.text) if not raised else line.text.strip(" │")
            mute = bool(raised and ":" not in text and stream.code)
            if mute:
                text = f"{text}: {stream.code}"
            inside = None if raised else INSIDE.search(text)
            event = Event(
                at=at,
                line=line.number,
                parts=[text.strip()],
                weight=weight,
                process=process,
                where=line.where,
                exception=raised or (inside.group("name") or "" if inside else ""),
                frames=tuple(stream.frames) if raised else (),
                mute=mute,
                header=stream.header if raised else "",
                grave=bool(raised or inside or line.level in ("ERROR", "FATAL")),
                consequence=bool(self._signs.consequence.search(text)),
            )
            if event.header and self._signs.aside.search(event.header):
                event.weight = FAINT
            if raised:
                event.before = stream.last if stream.link else None
                event.direct = stream.link != "context"
                event.relayed, stream.relayed = stream.relayed, False
                stream.last, stream.link, stream.header, stream.frames, stream.code = event, "", "", [], ""
            self.found.append(event)
            stream.newest_failure = event
        elif line.indent >= 4:
            stream.code = line.text.strip() if line.text.strip(" ^~") else stream.code
        stream.open = event

    def _weight(self, line: Line, raised: str) -> float:
        text = _MARKS.sub("", line.text).strip()
        if self._signs.asked.search(text) or self._signs.remark.search(text):
            return 0.0
        if line.level == "WARNING":
            return WARNED if raised or not self._signs.harmless.search(text) else 0.0
        if raised:
            return RAISED
        harmless = bool(self._signs.harmless.search(text))
        mild = bool(self._signs.mild.search(text))
        if line.level in ("ERROR", "FATAL"):
            return 0.0 if line.indent >= 4 else QUIET if harmless or mild else LOUD
        return 0.0 if harmless else QUIET if mild else self._plain(text)

    def _plain(self, text: str) -> float:
        """What a line without a level weighs."""
        signs = self._signs
        if self._known(text) or INSIDE.search(text) or signs.loud.search(text) or signs.consequence.search(text):
            return LOUD
        return QUIET if signs.quiet.search(text) else FAINT if signs.faint.search(text) else 0.0


def _cause(event: Event, stream: _Stream, text: str) -> re.Match[str] | None:
    """What a line says that a failure came from, where it says so."""
    listed = _NUMBERED.match(text) if stream.listed else None
    return CAUSED.match(text) or listed or (REFUSED.match(text) if _VALIDATED in event.text else None)


def _relays(stream: _Stream, text: str) -> bool:
    """Whether a line that is called information is of a traceback that was begun by such a line."""
    begun = _START in text
    stream.relayed = begun or (stream.relayed and bool(text[:1].isspace() or FRAME.match(text) or ENDS.match(text)))
    return stream.relayed


def _without_handled(events: list[Event]) -> list[Event]:
    """The failures without those that were only shown as information and after which nothing went wrong."""
    last = max((one.at for one in events if not one.relayed and (one.consequence or one.weight >= LOUD)), default=0)
    return [one for one in events if not one.relayed or one.at < last]


def _announces(event: Event) -> bool:
    """Whether a message ends by saying that more of it follows."""
    return event.newest.endswith(":") or _is_bare(event)


def _is_bare(event: Event) -> bool:
    """Whether only the name of an exception was said yet: some programs put its message below, after a blank line."""
    return bool(event.exception) and event.parts == [event.exception] and not event.frames


def find(lines: Iterable[Line], known: Callable[[str], bool] = lambda _: False) -> list[Event]:
    """The failures among the messages of a log, in order. `known`: whether some symptom knows that line."""
    return Finder(known).read(lines)
