"""What a log view asks of a log: how many rows, each of them, and many texts at once. A contract; no behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from installer.ui.log.line import Line

Hint = Callable[[bytes], bool]
"""Whether what is looked for may be in some lines of the file, without decoding them."""
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

    def texts(self, first: int, count: int, raw: Hint | None = None) -> list[str]:
        """The texts of some rows; empty where `raw` shows, without decoding them, that none can be meant."""

    def spans(self, stage: int, level: int, first: int, end: int) -> Iterator[Span]:
        """Those of a stage (or of `ALL`) that are at least so grave, from `first` to before `end`, in order."""
