"""What reading or following one script may take, all in all. Never knows what it is spent on.

The limits are far above any script that installs something, and apply to any script: loops, words that double,
a list of half a million words. Seconds are those of the processor, so that a busy machine ends nothing earlier.
"""

from __future__ import annotations

import time
from collections.abc import Callable

STEPS = 25_000
"""Commands that are followed."""
BYTES = 32_000_000
"""Of words and texts that are made, each with what it takes to keep one."""
SECONDS = 10.0
TEXT = 100_000
"""Characters of one value; a longer one is not known."""
_PIECE = 100
_LOOK_EVERY = 64
_PARSING_S = 2.0
"""Of `SECONDS`, for one text: what takes longer takes hundreds of megabytes, too."""


class SpentError(Exception):
    """The budget is spent; the text says what of it."""


class Budget:
    def __init__(self, steps: int = STEPS, size: int = BYTES, seconds: float = SECONDS) -> None:
        self.line = 1
        """Where the script is."""
        self.text = ""
        """The command there."""
        self.skipped: list[tuple[int, str, str]] = []
        """Line, command and reason of what was too large by itself."""
        self._steps, self._bytes, self._seconds = steps, size, seconds
        self._began, self._worked, self._calls = time.monotonic(), time.thread_time(), 0

    def step(self, line: int, text: str) -> None:
        """One more command is followed. Raises `SpentError`."""
        self.line, self.text = line, text
        self._steps -= 1
        if self._steps < 0:
            raise SpentError(f"the script runs more than {STEPS:,} commands")
        self.check()

    def made(self, characters: int) -> None:
        """One more word or text of that length is made. Raises `SpentError`."""
        self._bytes -= characters + _PIECE
        if self._bytes < 0:
            why = f"its text is more than {BYTES // 1_000_000} MB"
            raise SpentError(why)
        self.check()

    def fits(self, characters: int) -> bool:
        """Whether one value may be that long; where not, it is reported."""
        if characters > TEXT:
            self.skipped.append((self.line, self.text, f"a text is longer than {TEXT:,} characters"))
        return characters <= TEXT

    def clock(self) -> Callable[[], bool]:
        """What says when the reading of one text takes too long."""
        own = Budget(seconds=_PARSING_S)
        return lambda: own.late() or self.late()

    def late(self) -> bool:
        # The processor's time costs more to read than the other, and is never ahead of it.
        return time.monotonic() - self._began > self._seconds and time.thread_time() - self._worked > self._seconds

    def check(self) -> None:
        """Something small is done once more. Raises `SpentError`."""
        self._calls += 1
        if self._calls % _LOOK_EVERY == 0 and self.late():
            raise SpentError(f"this takes more than {SECONDS:.0f} seconds")
