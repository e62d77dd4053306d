"""Turning what programs print into plain text that is safe to show."""

from __future__ import annotations

import re
from typing import Iterator

_BREAKS = re.compile(r"\r|\x1b\[\d*[ABJKHF]")
"""Carriage returns and the escape codes that redraw: what is between two of them is one piece."""
_UP = re.compile(r"\x1b\[\d*A")
_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: titles, links
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # DCS and friends
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, movements
    r"|\x1b[@-Z\\-_a-z0-9=>()#]"
)
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""What takes no room of its own and can make a line read other than it is: direction marks, line separators, invisible
letters and tags."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")


def clean(text: str) -> str:
    """`text` without escape codes and control characters (tabs stay)."""
    return _CONTROL.sub("", _ESCAPES.sub("", text))


def visible(text: str) -> str:
    """`text` without characters that are invisible and only mislead."""
    return _INVISIBLE.sub("", text)


def pieces(raw: str) -> Iterator[str]:
    """What a terminal showed, one redraw at a time, cleaned; empty pieces are left out."""
    for piece in _BREAKS.split(raw):
        shown = clean(piece).rstrip()
        if shown.strip():
            yield shown


def last_drawn(raw: str) -> str:
    """Of several lines that were drawn over each other again and again, how they were last seen."""
    return next((drawn for drawn in reversed(_UP.split(raw)) if clean(drawn).strip()), "")


class LineSplitter:
    """Cuts a stream of bytes into lines, however the chunks fall."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        """The raw lines that `chunk` completes, still with escape codes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]

    def rest(self) -> str:
        """What came after the last line end."""
        return self._rest.decode("utf-8", "replace")

    def take_redrawn(self) -> str:
        """Of what came after the last line end: all up to the last carriage return, which is never in a word."""
        redrawn, mark, self._rest = self._rest.rpartition(b"\r")
        return (redrawn + mark).decode("utf-8", "replace")

    def drop_rest(self) -> str:
        """Like `rest`, and forget it."""
        text, self._rest = self.rest(), b""
        return text


def last_piece(raw: str) -> str:
    """What stays on the screen of a line that was redrawn."""
    shown = list(pieces(raw))
    return shown[-1] if shown else ""


def shortened(text: str, most: int) -> str:
    """No more of a text than fits: its beginning and its end, cut between words, and so that it is seen."""
    if len(text) <= most:
        return text
    head, tail = text[: most * 3 // 5].rstrip(), text[-(most * 2 // 5) :].lstrip()
    head = head[: head.rfind(" ")] if " " in head[most // 3 :] else head
    tail = tail[tail.find(" ") + 1 :] if " " in tail[: most // 8] else tail
    return f"{head} … {tail}"
