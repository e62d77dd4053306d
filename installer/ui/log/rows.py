"""What a log view asks of a log: how many rows, each of them, and many texts at once. A contract; no behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from installer.ui.log.line import Line

Hint = Callable[[bytes], Iterator[tuple[int, bytes]]]
"""Those among some lines of the file that may hold what is looked for, with their numbers; decodes nothing."""
Span = tuple[int, int]
"""Rows from the first to before the second."""


class Rows(Protocol):
    """Rows are counted from 0 and only ever added at the end."""

    def __len__(self) -> int: ...

    @property
    def scanned(self) -> int:
        """The rows before this one have their levels."""

    def row(self, number: int) -> Line:
        """One of them; reads the file."""

    def texts(self, first: int, count: int) -> list[str]:
        """The texts of some rows."""

    def likely(self, first: int, count: int, hint: Hint) -> Iterator[tuple[int, str]]:
        """Those of some rows that may be meant, in order, with their texts; the others are not decoded."""

    def spans(self, stage: int, level: int, first: int, end: int) -> Iterator[Span]:
        """Those of a stage (or of `ALL`) that are at least so grave, from `first` to before `end`, in order."""
