"""A dialog over a screen, until it is answered: closed by its keys, or by a click next to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.screen import ModalScreen, ScreenResultType

if TYPE_CHECKING:
    from textual import events


class Dialog(ModalScreen[ScreenResultType]):
    NOTHING: ClassVar[Any] = None
    """The answer of who closes it."""

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.action_close()

    def action_close(self) -> None:
        self.dismiss(self.NOTHING)
