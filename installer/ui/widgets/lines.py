"""A widget that is lines of text and as tall as they are. Drawn again only if one of them differs, laid out again only
where there are more or fewer: a run says something many times a second, and most of that changes nothing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.geometry import Size


class Lines(Widget):
    """Anyone who changes what it shows says so by `changed`."""

    _drawn: tuple[tuple[object, ...], ...] = ()
    _laid_out = 0
    """Lines that there was room made for. Not those drawn last: a layout of another width comes between the two."""

    def lines(self, width: int) -> list[Content]:
        """The text, at most `width` cells wide."""
        raise NotImplementedError

    def changed(self) -> None:
        """What it shows may have changed."""
        lines = tuple((line.plain, *line.spans) for line in self.lines(self.content_size.width))
        if lines != self._drawn:
            tall = self.styles.height
            self._drawn = lines
            self.refresh(layout=(tall is None or tall.is_auto) and len(lines) != self._laid_out)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._laid_out = len(self.lines(width))
        return self._laid_out

    def render(self) -> Content:
        return Content("\n").join(self.lines(self.content_size.width))
