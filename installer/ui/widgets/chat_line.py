"""The line of a chat, with the keys that do something while one types. The screen that it is on does what they ask."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from installer.core.text.languages import _
from installer.ui.widgets.typed_line import TypedLine

HERE = _("enter sends, ctrl+s stops the answer, esc leaves this line to the keys")
ELSEWHERE = _("c, or a click: type a message")


class ChatLine(TypedLine):
    """Sends with enter. Empty, it says what to press."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", _("send"), key_display="enter"),
        Binding("ctrl+s", "screen.stop_answer", _("stop"), tooltip=_("stop the answer")),
        Binding("ctrl+l", "screen.clear", _("clear"), tooltip=_("clear the chat")),
        Binding("escape", "screen.leave_input", _("keys"), key_display="esc", tooltip=_("back to the keys")),
    ]

    def open(self, ready: bool) -> None:
        """Words can be typed only where someone answers them."""
        self.disabled = not ready
        self.placeholder = ELSEWHERE if ready else ""

    def on_focus(self) -> None:
        self.placeholder = HERE

    def on_blur(self) -> None:
        self.placeholder = "" if self.disabled else ELSEWHERE
