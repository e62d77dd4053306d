"""Which stage each row of a journal belongs to, as stretches: rows of one stage mostly follow each other."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

from installer.ui.log.line import ALL
from installer.ui.log.rows import Span


class StageRuns:
    """One thread adds, any thread asks."""

    def __init__(self) -> None:
        self._firsts = array("I")
        self._stages = bytearray()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, stage: int, rows: int = 1) -> None:
        """The next rows, of one stage."""
        if not self._stages or self._stages[-1] != stage:
            self._stages.append(stage)
            self._firsts.append(self._count)
        self._count += rows

    def of(self, row: int) -> int:
        return self._stages[bisect_right(self._firsts, row) - 1]

    def spans(self, stage: int, first: int, end: int) -> Iterator[Span]:
        """The rows of a stage (or of `ALL`) from `first` to before `end`."""
        if stage == ALL:
            if first < end:
                yield first, end
            return
        begins = self._firsts
        for at in range(max(0, bisect_right(begins, first) - 1), len(begins)):
            if begins[at] >= end:
                return
            if self._stages[at] == stage:
                stop = begins[at + 1] if at + 1 < len(begins) else end
                if (begin := max(first, begins[at])) < min(end, stop):
                    yield begin, min(end, stop)
