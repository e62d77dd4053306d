"""The current position: seconds into a recording, as the clock continues. Pure but for the clock it is given.

Asked by the thread that reads the journal, moved by the one that draws.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


class Playhead:
    def __init__(self, seconds: float, speed: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self.speed, self.playing = seconds, speed, True
        self._clock = clock
        self._from, self._since = 0.0, clock()

    @property
    def at(self) -> float:
        """Seconds into the recording, never past its end."""
        gone = (self._clock() - self._since) * self.speed if self.playing else 0.0
        return min(self.seconds, self._from + gone)

    @property
    def over(self) -> bool:
        return self.at >= self.seconds

    def move(self, at: float) -> None:
        self._from, self._since = min(max(0.0, at), self.seconds), self._clock()

    def play(self, playing: bool) -> None:
        self.move(self.at)
        self.playing = playing

    def pace(self, step: int) -> None:
        """Faster or slower by so many steps."""
        self.move(self.at)
        nearest = min(range(len(SPEEDS)), key=lambda at: abs(SPEEDS[at] - self.speed))
        self.speed = SPEEDS[min(max(0, nearest + step), len(SPEEDS) - 1)]
