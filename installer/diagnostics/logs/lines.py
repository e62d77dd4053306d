"""The lines of a log as messages: unwrapped, split where a terminal redrew them, without what a user wrote. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from installer.core.text.plain import pieces
from installer.diagnostics.logs.wrappers import Unwrapped, unwrap

LONGEST = 4096
"""What is looked at of one message, in characters: its beginning and its end."""
_CUT = " […] "
_TEXTS = ("log", "message", "msg", "event", "text", "line", "MESSAGE", "body")
_TRACES = ("exc_info", "exception", "traceback", "stack", "stack_trace", "stacktrace", "error")
_LEVELS = ("level", "levelname", "severity", "lvl", "PRIORITY")
_PROMPT = re.compile(r"""\b(?:prompt|content|text|messages)["']?[:=] ?(?P<quote>["'])""")
_ASKED = re.compile(r"SamplingParams\(|sampling_params|lora_request|max_tokens|params[:=]")
_REPEATED = re.compile(r" \[repeated \d+x across cluster\].*$")
_LONGEST_PROMPT = 2000
_JOINED = re.compile(
    r" (?=\[(?:rank|default)\d+\]: )|(?<!\)) (?=(?:\(\w[\w =]{0,40} pid=\d+\) ?){0,3}"
    r"(?:DEBUG|INFO|WARNING|ERROR) \d\d-\d\d \d\d:\d\d:\d\d \[[\w./]{1,80}:\d+\] )"
)
"""Where a line began, in a log whose lines were joined by what it was pasted through."""
_MARKS = (".py:", "[rank")
_FEW, _MOST_PARTS = 100, 300
"""A log whose lines were joined has few of them; and no line of it is parted endlessly."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message."""

    number: int
    """Of the log, from 1."""
    text: str
    level: str
    process: str
    where: str
    source: str
    led: bool

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip(" \t│"))

    @property
    def quiet(self) -> bool:
        """Whether its own program calls it information, so that it is no failure whatever it says."""
        return self.level in ("INFO", "DEBUG")


def messages(numbered: Iterable[tuple[int, str]]) -> Iterator[Line]:
    """Each message of the lines of a log; what belongs to a user's prompt is left out."""
    asked = 0
    lines = list(numbered)
    for number, raw in lines:
        for line in _messages(number, raw, may_be_joined=len(lines) <= _FEW):
            if asked:
                asked = 0 if _ASKED.search(line.text) or line.led else asked - 1
                if not line.led:
                    continue
            asked = _LONGEST_PROMPT if line.quiet and _unfinished(line.text) else 0
            yield line


def _unfinished(text: str) -> bool:
    """Whether a line begins to show a prompt that continues in the next."""
    match = _PROMPT.search(text)
    if match is None or _ASKED.search(text, match.end()):
        return False
    return not text.endswith(match["quote"])


def _messages(number: int, raw: str, *, may_be_joined: bool) -> Iterator[Line]:
    for piece in (line for drawn in pieces(raw) for line in (_parted(drawn) if may_be_joined else [drawn])):
        outer = unwrap(_shortened(_REPEATED.sub("", piece)))
        inner = _document(outer.text)
        for text in [outer.text] if inner is None else inner.splitlines() or [""]:
            yield _line(number, outer, text, unwrap(text) if inner is not None else None)


def _parted(piece: str) -> list[str]:
    """A line, or the lines that it was made of if it still contains their beginnings more than once."""
    if len(piece) > LONGEST * 16 or max(map(piece.count, _MARKS)) < 3:
        return [piece]
    parts = _JOINED.split(piece, maxsplit=_MOST_PARTS)
    return parts if len(parts) > 2 else [piece]


def _line(number: int, outer: Unwrapped, text: str, inner: Unwrapped | None) -> Line:
    if inner is None:
        return Line(number, text, outer.level, outer.process, outer.where, outer.source, outer.led)
    return Line(
        number,
        inner.text,
        inner.level or outer.level,
        inner.process or outer.process,
        inner.where or outer.where,
        inner.source,
        inner.led or outer.led,
    )


def _document(text: str) -> str | None:
    """The message inside a line of JSON, its level before it; `None` if it is not JSON."""
    if not text.startswith("{") or not text.rstrip().endswith("}"):
        return None
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(held, dict):
        return None
    return _refusal(held) or _message_of(held)


def _refusal(held: dict[str, Any]) -> str:
    """What servers with OpenAI's interface answer to a request that they refuse, as its client writes it."""
    told = held if held.get("object") == "error" else held.get("error")
    if not isinstance(told, dict) or not isinstance(told.get("message"), str):
        return ""
    return f"ERROR: {told.get('type') or told.get('code') or 'Error'}: {' '.join(told['message'].split())}"


def _message_of(held: dict[str, Any]) -> str | None:
    message = next((str(held[key]) for key in _TEXTS if isinstance(held.get(key), str)), None)
    if message is None:
        return None
    level = next((str(held[key]).upper() for key in _LEVELS if isinstance(held.get(key), str)), "")
    traces = [str(held[key]) for key in _TRACES if isinstance(held.get(key), str)]
    nested = _document(message)
    text = "\n".join([nested if nested is not None else message, *traces])
    if not level:
        return text
    return "\n".join(f"{level}: {line}" for line in text.splitlines())


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST * 3 // 4] + _CUT + text[-LONGEST // 4 :]
