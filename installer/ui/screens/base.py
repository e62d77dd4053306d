"""What all our screens share: the board that they read, news that they may take, keys that are the same everywhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input

from installer.core.text.languages import _
from installer.ui.board import Listener
from installer.ui.widgets.too_small import LEAST, TooSmall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.widget import Widget

    from installer.ui.board import Board

HELP = (
    Binding("question_mark", "app.help", _("help"), key_display="?"),
    Binding("f1", "app.help", _("help"), key_display="f1"),
)
"""F1 as well, because a question mark is a letter where one types; there the last line shows that one."""


WIDE = 110
"""Columns from which on a terminal has room for two things side by side (`DeployApp.HORIZONTAL_BREAKPOINTS`)."""
VAST = 160
"""Columns from which on there is room for more in each of them; such a terminal is wide as well."""


class DeployScreen(Screen[None], Listener):
    """A full screen, which overrides what of the news concerns it."""

    ABOUT: ClassVar[str] = ""
    """A few sentences for the help."""

    PARTS: ClassVar[Mapping[str, str]] = {}
    """What is done with a part of it, by its id: for the help, where that part has the focus."""

    MORE: ClassVar[tuple[str, ...]] = ()
    """Actions whose keys are in the last line only if there is room for them."""

    composed = False
    """Everything that this screen is made of is there."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board
        self._wanted_focus: Widget | None = None
        """What gets the focus once the terminal is no longer too small."""

    def on_mount(self) -> None:
        self.composed = True
        self.board.join(self)
        self.begin()

    async def on_resize(self, event: events.Resize) -> None:
        """Where there is not enough room, say so instead of drawing something broken."""
        small = event.size.width < LEAST[0] or event.size.height < LEAST[1]
        if small and not self.query(TooSmall):
            await self.mount(TooSmall())
        if small != self.has_class("-small"):
            self._covered(small)
        self.set_class(event.size.width >= VAST, "-vast")
        if self.composed:
            self.resized()

    def _covered(self, small: bool) -> None:
        """What had the focus gets it back where there is room again: what is hidden loses it."""
        focused, self._wanted_focus = (None, self.focused) if small else (self._wanted_focus, None)
        self.set_class(small, "-small")
        wanted = self.query_one(TooSmall) if small else focused
        self.call_after_refresh(self.focus_next if wanted is None else partial(self.set_focus, wanted))

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        if not self.has_class("-small") or isinstance(widget, TooSmall):
            super().set_focus(widget, scroll_visible, from_app_focus)
        elif widget is not None:
            self._wanted_focus = widget

    def on_unmount(self) -> None:
        self.board.part(self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The key of a search comes before all others, so that what is typed right after it is searched for; where one
        types, it is a letter."""
        if action == "search" and isinstance(self.focused, Input):
            return False
        return super().check_action(action, parameters)

    @property
    def about_focus(self) -> str:
        """What the part is that has the focus; empty if there is nothing to say of it."""
        parts = self.focused.ancestors_with_self if self.focused is not None else []
        texts = (self.PARTS.get(node.id or "") or getattr(node, "ABOUT", "") for node in parts if node is not self)
        return next(filter(None, texts), "")

    @property
    def here(self) -> bool:
        return self.is_running and self.app.is_running and bool(self.children)

    @property
    def in_view(self) -> bool:
        try:
            return self.here and self.is_current
        except RuntimeError:  # it was closed between the two questions: a thread may ask them
            return False

    def on_screen_resume(self) -> None:
        """Take what came while something else was in view. Textual calls this of each class, whatever overrides it."""
        board = self.board
        if self.composed and board.reading is not None:
            self.measured(board.reading)
        if self.composed and board.server is not None:
            self.server_polled(board.server)

    def begin(self) -> None:
        """Fill in what is known."""

    def resized(self) -> None:
        """Lay out again what does not do so by itself."""
