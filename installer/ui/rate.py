"""How fast bytes arrive, from the times that the events carry. Never reads a clock itself."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

WINDOW_S = 5.0


class Sample(NamedTuple):
    """How much of what was fetched at a time."""

    at: float
    total: int
    """Bytes of all stages so far."""
    stage: int
    subject: str
    done: int
    """Bytes of this subject so far."""


class Rate:
    """Bytes per second over the last few seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, samples: Iterable[tuple[float, int]]) -> None:
        """Take in (time, bytes so far); a total that fell (a stage began again) starts again."""
        for at, total in samples:
            if self._samples and total < self._samples[-1][1]:
                self._samples.clear()
            self._samples.append((at, total))

    def per_second(self, now: float) -> float:
        """0 if nothing came in lately."""
        while self._samples and self._samples[0][0] < now - WINDOW_S:
            self._samples.popleft()
        if len(self._samples) < 2:
            return 0.0
        (start, first), (_, last) = self._samples[0], self._samples[-1]
        return (last - first) / (now - start) if now > start else 0.0
