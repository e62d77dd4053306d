"""The line at the top: the places, what this is about on the left, its state on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from installer.core.text.languages import _
from installer.ui.intents import Go
from installer.ui.plain import plain_content

if TYPE_CHECKING:
    from textual import events

MODES = {"deploy": _("1 Deploy"), "serve": _("2 Serve"), "history": _("3 History")}
NAME = "deploy-tui"
LEAST_ABOUT = 12
"""Cells of what it is about, or it is left out."""


class TitleBar(Widget):
    """One line. Where not all fits, what it is about gives way first, then the names of the places that one is not at.

    A click on a place goes there.
    """

    DEFAULT_CSS = """
    TitleBar { dock: top; height: 1; padding: 0 1; background: $panel; }
    """
    ALLOW_SELECT = False

    about: reactive[str] = reactive("")
    """What is being deployed; text that others wrote."""
    status: reactive[Content] = reactive(Content)

    def render(self) -> Content:
        width = self.content_size.width
        left = Content.styled(NAME, "bold $text-primary")
        for place, words in self._mode_titles():
            here = self.app.current_mode == place
            left += Content("  ") + Content.styled(words, "reverse" if here else "$foreground-muted")
        status = self.status.truncate(max(0, width - left.cell_length - 2), ellipsis=True)
        room = max(0, width - status.cell_length - 2)
        about, fits = plain_content(self.about), room - left.cell_length - 3
        if self.about and fits >= min(about.cell_length, LEAST_ABOUT):  # a word that is cut to nothing says nothing
            left += Content("   ") + about
        return left.truncate(room, ellipsis=True, pad=True) + Content("  ") + status

    def _mode_titles(self) -> list[tuple[str, str]]:
        """Each with its label: its name, or its key alone."""
        needed = len(NAME) + sum(len(words) + 2 for words in MODES.values()) + 2 + self.status.cell_length
        short = needed > self.content_size.width
        here = self.app.current_mode
        return [(place, words[:1] if short and place != here else words) for place, words in MODES.items()]

    def on_click(self, event: events.Click) -> None:
        start = self.styles.padding.left + len(NAME)
        for place, words in self._mode_titles():
            start += 2
            if start <= event.x < start + len(words):
                self.post_message(Go(place))
            start += len(words)
