"""The thumb of a scrollbar over something that grows many times a second. It is drawn again only where it looks
otherwise: at the end of a long log it does not move.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from textual.scrollbar import ScrollBar

if TYPE_CHECKING:
    from textual.geometry import Size

Place = tuple[int, int]
"""Where a thumb begins and how long it is, in eighths of a cell."""


class Thumb:
    """As it was drawn last."""

    def __init__(self) -> None:
        self._drawn: Place | None = None

    def forget(self) -> None:
        """The scrollbar is a new one."""
        self._drawn = None

    def move(self, bar: ScrollBar, rows: int, shown: Size, first: float) -> None:
        """There are so many rows, and the first in view is this one."""
        place = thumb_of(bar.size.height, rows, shown.height, first)
        if place != self._drawn:
            self._drawn, bar.window_virtual_size, bar.position = place, rows, first
        else:
            bar.set_reactive(ScrollBar.window_virtual_size, rows)
            bar.set_reactive(ScrollBar.position, first)


def thumb_of(tall: int, rows: int, shown: int, first: float) -> Place:
    """As Textual draws it."""
    if not tall or rows <= shown:
        return 0, 8 * tall
    thumb = max(1.0, tall * shown / rows)
    return int(8 * (tall - thumb) * first / (rows - shown)), ceil(8 * thumb)
