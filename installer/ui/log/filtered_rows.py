"""The rows of one stage, or of some gravity: stretches of numbers of rows, never their texts."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

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
        self._begin()
        self.sync()

    def _begin(self) -> None:
        self._begins, self._ends = array("I"), array("I")
        """Of each stretch, among all rows."""
        self._before = array("I")
        """Of ours, how many precede each stretch."""
        self._count, self._seen = 0, 0

    def __len__(self) -> int:
        return self._count

    def sync(self) -> bool:
        """Look at the rows that came since; whether any of them is ours."""
        before, rows = self._count, self._rows
        known = len(rows) if self.level == PLAIN else rows.scanned
        end = known if self.end is None else min(self.end, known)
        if len(rows) < self._seen:  # the log was emptied
            self._begin()
        for begin, stop in rows.spans(self.stage, self.level, self._seen, end):
            self._add(begin, stop)
        self._seen = max(self._seen, end)
        return self._count != before

    def row(self, number: int) -> Line:
        return self._rows.row(self.origin(number))

    def texts(self, first: int, count: int) -> list[str]:
        """As `Rows.texts`."""
        return [text for _, begin, some in self._stretches(first, count) for text in self._rows.texts(begin, some)]

    def likely(self, first: int, count: int, hint: Hint) -> Iterator[tuple[int, str]]:
        """As `Rows.likely`."""
        for number, begin, some in self._stretches(first, count):
            for row, text in self._rows.likely(begin, some, hint):
                yield number + row - begin, text

    def origin(self, number: int) -> int:
        """Its number among all rows."""
        at = bisect_right(self._before, number) - 1
        return self._begins[at] + number - self._before[at]

    def nearest(self, origin: int) -> int:
        """The first of ours that is not before a row of all."""
        at = bisect_right(self._begins, origin) - 1
        if at < 0:
            return 0
        return self._before[at] + min(origin, self._ends[at]) - self._begins[at]

    def next_of_level(self, after: int, level: int, step: int) -> int | None:
        """The next of ours, before or after `after`, that is as grave."""
        if not self._count:
            return None
        ours = self.origin(max(0, min(after, self._count - 1)))
        if step > 0:
            begin = ours + 1 if after >= 0 else ours
            found = self._rows.spans(self.stage, level, begin, min(self._seen, self._rows.scanned))
            row = next((row for row, _ in found), None)
        else:
            row = max((row for row, _ in self._rows.spans(self.stage, level, 0, ours)), default=None)
        return self.nearest(row) if row is not None else None

    def _stretches(self, first: int, count: int) -> Iterator[tuple[int, int, int]]:
        """Of some of ours, for each stretch: its first, the number of that among all rows, and how many they are."""
        last, at = min(first + count, self._count), bisect_right(self._before, first) - 1
        while first < last:
            begin = self.origin(first)
            some = min(last - first, self._ends[at] - begin)
            yield first, begin, some
            first, at = first + some, at + 1

    def _add(self, begin: int, end: int) -> None:
        if self._ends and self._ends[-1] == begin:
            self._ends[-1] = end
        else:
            self._before.append(self._count)
            self._begins.append(begin)
            self._ends.append(end)
        self._count += end - begin
