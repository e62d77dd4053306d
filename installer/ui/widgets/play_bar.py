"""Two lines below a run that is played again: its position, how fast, and its stages along the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from installer.core.text.languages import _
from installer.core.text.quantities import clock
from installer.ui.plain import plain_content

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installer.ui.replay.tape import Mark


class PlayBar(Widget):
    DEFAULT_CSS = """
    PlayBar { height: 2; padding: 0 1; }
    """
    ALLOW_SELECT = False

    at: reactive[float] = reactive(0.0)
    seconds: reactive[float] = reactive(0.0)
    speed: reactive[float] = reactive(1.0)
    playing: reactive[bool] = reactive(True)
    words: reactive[str] = reactive("")
    """What is played; text that others wrote."""
    marks: Sequence[Mark] = ()

    def render(self) -> Content:
        look = (
            _("▸ playing")
            if self.playing and self.at < self.seconds
            else _("‖ paused")
            if self.at < self.seconds
            else _("■ end")
        )
        left = Content.styled(look, "bold $text-primary")
        place = next((mark.name for mark in reversed(self.marks) if mark.at <= self.at + 0.001), "")
        at = _("{done} of {whole}").format(done=clock(self.at), whole=clock(self.seconds))
        about = f"  {at}  ×{self.speed:g}  {place}"
        line = left + plain_content(about) + Content.styled("  ·  ", "$foreground-muted") + plain_content(self.words)
        return line.truncate(self.content_size.width, ellipsis=True) + Content("\n") + self._way()

    def _way(self) -> Content:
        width = max(1, self.content_size.width)
        gone = round(width * self.at / self.seconds) if self.seconds else width
        signs = ["━"] * gone + ["─"] * (width - gone)
        fatal = set()
        for mark in self.marks:
            cell = min(width - 1, int(width * mark.at / self.seconds)) if self.seconds else 0
            signs[cell] = "✗" if mark.failure else "┿" if cell < gone else "┼"
            fatal |= {cell} if mark.failure else set()
        way = Content("")
        for cell, sign in enumerate(signs):
            style = "$text-error" if cell in fatal else "$text-primary" if cell < gone else "$foreground-muted"
            way += Content.styled(sign, style)
        return way
