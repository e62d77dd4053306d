"""The line at the top: what this is about on the left, how it stands on the right."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from installer.ui.plain import said


class TitleBar(Widget):
    """One line; the left side gives way where both do not fit."""

    DEFAULT_CSS = """
    TitleBar { dock: top; height: 1; padding: 0 1; background: $panel; }
    """
    ALLOW_SELECT = False

    about: reactive[str] = reactive("")
    """What is being deployed; text that others wrote."""
    standing: reactive[Content] = reactive(Content)

    def render(self) -> Content:
        width = self.content_size.width
        name = Content.styled("deploy-tui", "bold $text-primary")
        left = name + Content("   ") + said(self.about) if self.about else name
        room = max(0, width - self.standing.cell_length - 2)
        return left.truncate(room, ellipsis=True, pad=True) + Content("  ") + self.standing
