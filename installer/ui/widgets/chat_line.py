"""The line of a chat, with the keys that do something while one types. The screen that it is on does what they ask."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from installer.core.text.languages import _
from installer.ui.widgets.typed_line import TypedLine


class ChatLine(TypedLine):
    """Sends with enter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", _("send"), key_display="enter"),
        Binding("ctrl+s", "screen.stop_answer", _("stop"), tooltip=_("stop the answer")),
        Binding("ctrl+l", "screen.clear", _("clear"), tooltip=_("clear the chat")),
        Binding("escape", "screen.leave_input", _("keys"), key_display="esc", tooltip=_("back to the keys")),
    ]
