"""A search through a log, some rows at a time, so that nothing else waits for it. Keeps numbers of rows only."""

from __future__ import annotations

import json
import re
import time
from array import array
from bisect import bisect_left, bisect_right

from installer.ui.log.filtered_rows import Narrowed
from installer.ui.log.rows import Hint

_BLOCK = 2000
"""Rows that are read at one go: some milliseconds."""


def pattern_of(words: str, *, regular: bool = False, exact: bool = False) -> re.Pattern[str]:
    """What is searched for. Raises `re.error` where it is no regular expression."""
    return re.compile(words if regular else re.escape(words), 0 if exact else re.IGNORECASE)


class Search:
    """Where `words` stand in the rows; goes on where rows are added."""

    def __init__(self, rows: Narrowed, words: str, *, regular: bool = False, exact: bool = False) -> None:
        self.words = words
        self.pattern = pattern_of(words, regular=regular, exact=exact)
        self.hits = array("I")
        self._rows = rows
        self._raw = None if regular or not words.isascii() else _hint(words, exact=exact)
        self._done = 0

    @property
    def complete(self) -> bool:
        """Whether every row that is there was looked at."""
        return self._done >= len(self._rows)

    def step(self, seconds: float = 0.01) -> bool:
        """Go on for about so long; whether anything is left."""
        deadline = time.perf_counter() + seconds
        while not self.complete and time.perf_counter() < deadline:
            count = min(_BLOCK, len(self._rows) - self._done)
            texts = self._rows.texts(self._done, count, self._raw)
            self.hits.extend(self._done + at for at, text in enumerate(texts) if self.pattern.search(text))
            self._done += count
        return not self.complete

    def after(self, row: int) -> int | None:
        """The next hit below `row`, from the top again where there is none."""
        return self._at(bisect_right(self.hits, row))

    def before(self, row: int) -> int | None:
        return self._at(bisect_left(self.hits, row) - 1) if self.hits else None

    def place(self, row: int) -> int:
        """Which hit a row is, from 1; 0 where it is none."""
        at = bisect_left(self.hits, row)
        return at + 1 if at < len(self.hits) and self.hits[at] == row else 0

    def _at(self, number: int) -> int | None:
        return self.hits[number % len(self.hits)] if self.hits else None


def _hint(words: str, *, exact: bool) -> Hint:
    """Looks for the words as they stand in the file, which may be JSON."""
    spelled = [each.encode() for each in {words, json.dumps(words)[1:-1]}]
    if exact:
        return lambda lines: any(each in lines for each in spelled)
    small = [each.lower() for each in spelled]

    def hint(lines: bytes) -> bool:
        lines = lines.lower()
        return any(each in lines for each in small)

    return hint
