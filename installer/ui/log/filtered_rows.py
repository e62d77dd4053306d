"""The rows of one stage, or of some gravity: numbers of rows, never their texts."""

from __future__ import annotations

from array import array
from bisect import bisect_left

from installer.ui.log.line import ALL, PLAIN, Line
from installer.ui.log.rows import Hint, Rows


class Narrowed:
    """`rows` of one stage (or `ALL`) that are at least as grave as `level`."""

    def __init__(
        self, rows: Rows, stage: int = ALL, level: int = PLAIN, *, numbered: bool = True, end: int | None = None
    ) -> None:
        self._rows = rows
        self.end = end
        """Where it stops, among all rows; `None`: nowhere."""
        self.numbered = numbered
        """Whether rows of all stages are told apart by the number of their stage."""
        self.stage = stage
        self.level = level
        self._whole = stage == ALL and level == PLAIN and end is None
        self._picked = array("I")
        self._seen = 0
        self.sync()

    def __len__(self) -> int:
        return self._seen if self._whole else len(self._picked)

    def sync(self) -> bool:
        """Look at the rows that came since; whether any of them is ours."""
        before, end = len(self), len(self._rows) if self.end is None else min(self.end, len(self._rows))
        if end < self._seen:  # the log was emptied
            self._picked, self._seen = array("I"), 0
        if not self._whole:
            self._picked.extend(number for number in range(self._seen, end) if self._ours(number))
        self._seen = end
        return len(self) != before

    def row(self, number: int) -> Line:
        return self._rows.row(self.origin(number))

    def texts(self, first: int, count: int, raw: Hint | None = None) -> list[str]:
        """As `Rows.texts`."""
        if self._whole:
            return self._rows.texts(first, min(count, len(self) - first), raw)
        last = min(first + count, len(self))
        if last <= first:
            return []
        begin = self._picked[first]
        found = self._rows.texts(begin, self._picked[last - 1] - begin + 1, raw)
        return [found[self._picked[number] - begin] for number in range(first, last)] if found else []

    def origin(self, number: int) -> int:
        """Its number among all rows."""
        return number if self._whole else self._picked[number]

    def nearest(self, origin: int) -> int:
        """The first of ours that is not before a row of all."""
        return min(origin, self._seen) if self._whole else bisect_left(self._picked, origin)

    def next_of_level(self, after: int, level: int, step: int) -> int | None:
        """The next of ours, before or after `after`, that is as grave."""
        number = after + step
        while 0 <= number < len(self):
            if self._rows.level(self.origin(number)) >= level:
                return number
            number += step
        return None

    def counted(self, level: int) -> int:
        """How many of ours are exactly so grave."""
        return sum(self._rows.level(self.origin(number)) == level for number in range(len(self)))

    def _ours(self, number: int) -> bool:
        stage = self.stage == ALL or self._rows.of_stage(number) == self.stage
        return stage and self._rows.level(number) >= self.level
