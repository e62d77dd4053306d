"""A search through a log, some rows at a time, so that nothing else waits for it. Keeps numbers of rows only."""

from __future__ import annotations

import json
import re
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from installer.ui.log.filtered_rows import Narrowed
from installer.ui.log.line import lines_containing
from installer.ui.log.rows import Hint

_BLOCK = 250
"""Rows that are read at one go: some milliseconds, even if few of them are adjacent in the file."""
_SELDOM = 4
"""One row of so many at most holds what is rather looked for before the rows are decoded."""


def pattern_of(words: str, *, regular: bool = False, exact: bool = False) -> re.Pattern[str]:
    """What is searched for. Raises `re.error` where it is no regular expression."""
    return re.compile(words if regular else re.escape(words), 0 if exact else re.IGNORECASE)


class Search:
    """Where `words` are in the rows; continues if rows are added."""

    def __init__(self, rows: Narrowed, words: str, *, regular: bool = False, exact: bool = False) -> None:
        self.words = words
        self.pattern = pattern_of(words, regular=regular, exact=exact)
        self.hits = array("I")
        self._rows = rows
        self._hint = None if regular or not words.isascii() else _hint(words, exact=exact)
        self._done = 0
        self._frequent = False
        """Whether it is in so many rows that all are decoded at one go."""

    @property
    def complete(self) -> bool:
        """Whether every row that is there was looked at."""
        return self._done >= len(self._rows)

    def step(self, seconds: float) -> bool:
        """Go on for about so long; whether anything is left."""
        deadline = time.perf_counter() + seconds
        while not self.complete and time.perf_counter() < deadline:
            count = min(_BLOCK, len(self._rows) - self._done)
            before = len(self.hits)
            self.hits.extend(row for row, text in self._likely(count) if self.pattern.search(text))
            self._frequent = len(self.hits) - before > count // _SELDOM
            self._done += count
        return not self.complete

    def _likely(self, count: int) -> Iterable[tuple[int, str]]:
        if self._hint is None or self._frequent:
            return enumerate(self._rows.texts(self._done, count), self._done)
        return self._rows.likely(self._done, count, self._hint)

    def after(self, row: int) -> int | None:
        """The next hit below `row`, from the top again where there is none."""
        return self._at(bisect_right(self.hits, row))

    def before(self, row: int) -> int | None:
        return self._at(bisect_left(self.hits, row) - 1) if self.hits else None

    def place(self, row: int) -> int:
        """Which hit a row is, from 1; 0 if it is none."""
        at = bisect_left(self.hits, row)
        return at + 1 if at < len(self.hits) and self.hits[at] == row else 0

    def _at(self, number: int) -> int | None:
        return self.hits[number % len(self.hits)] if self.hits else None


def _hint(words: str, *, exact: bool) -> Hint:
    """Searches the words as they are in the file, which may be JSON."""
    words = words if exact else words.lower()
    spelled = {words.encode(), json.dumps(words)[1:-1].encode()}
    return lambda lines: lines_containing(lines, spelled, exact=exact)
