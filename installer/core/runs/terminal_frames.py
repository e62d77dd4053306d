"""What a terminal showed at a moment of a recording, row by row. Pure.

Knows what our recordings are made of: places at the beginning of a row, line ends, colours, sizes. Any other code is
dropped, so that a file of someone else's does nothing to the terminal that it is looked at on.
"""

from __future__ import annotations

import re

from installer.core.runs.cast import OUTPUT, SIZE, Cast, Shown
from installer.core.text.ansi_row import colours_only

STEPS = re.compile(r"(\x1b\[\d{1,4};1H|\x1b\[2J|\x1b\[K|\x1b\[\?25l|\r\n|\r|\n)")
_MOST_ROWS = 1000


class Showing:
    """Goes through a recording, in one direction."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._next = 0
        self._height = cast.rows
        self._rows: list[str] = []
        self._at, self._fresh = 0, True

    @property
    def rows(self) -> list[str]:
        """With their colours, and no other code."""
        return self._rows[: self._height]

    def to(self, seconds: float) -> None:
        """Show what was shown until then."""
        events = self._cast.events
        while self._next < len(events) and events[self._next].at <= seconds:
            self._show(events[self._next])
            self._next += 1

    def _show(self, event: Shown) -> None:
        if event.kind == OUTPUT:
            for number, part in enumerate(STEPS.split(event.text)):
                self._step(part) if number % 2 else self._put(part)
        elif event.kind == SIZE and (found := re.fullmatch(r"\d{1,4}x(\d{1,4})", event.text)):
            self._height = min(max(1, int(found[1])), _MOST_ROWS)
            self._rows, self._at = [], 0

    def _put(self, text: str) -> None:
        text = colours_only(text)
        if text:
            self._add_rows()
            self._rows[self._at] = text if self._fresh else self._rows[self._at] + text
            self._fresh = False

    def _step(self, code: str) -> None:
        if code == "\x1b[2J":
            self._rows = []
        elif code == "\x1b[K":
            self._add_rows()
            self._rows[self._at] = "" if self._fresh else self._rows[self._at]
        elif code.endswith("H"):
            self._at, self._fresh = min(self._height, max(1, int(code[2:-3]))) - 1, True
        elif code != "\x1b[?25l":
            self._fresh = True
            self._at += code.endswith("\n")
            if self._at >= self._height:
                del self._rows[0]
                self._at = self._height - 1

    def _add_rows(self) -> None:
        self._rows += [""] * (self._at + 1 - len(self._rows))
