"""What a log view asks of a log: how many rows, each of them, and many texts at once. A contract; no behaviour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from installer.ui.log.line import Line

Hint = Callable[[bytes], bool]
"""Whether what is looked for may be in some lines of the file, without decoding them."""


class Rows(Protocol):
    """Rows are counted from 0 and only ever added at the end."""

    def __len__(self) -> int: ...

    def row(self, number: int) -> Line:
        """One of them; reads the file."""

    def texts(self, first: int, count: int, raw: Hint | None = None) -> list[str]:
        """The texts of some rows; empty where `raw` shows, without decoding them, that none can be meant."""

    def of_stage(self, number: int) -> int:
        """The stage of a row, or `ALL` where it belongs to none."""

    def level(self, number: int) -> int: ...
