"""What is shown where the terminal is too small for anything else: a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from installer.core.text.languages import _

if TYPE_CHECKING:
    from textual.events import Key

LEAST = (80, 24)
"""Columns and rows that every screen is made for."""


class TooSmall(Static, can_focus=True):
    """Covers the screen that is too small, and keeps all keys from it but the one to leave: nothing is
    started or stopped unseen."""

    LEAVES = "q"

    DEFAULT_CSS = """
    TooSmall { display: none; width: 1fr; height: 1fr; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def on_key(self, event: Key) -> None:
        if event.key != self.LEAVES:
            event.stop()
            event.prevent_default()

    def on_resize(self) -> None:
        size = self.app.size
        self.update(
            _(
                "deploy-tui needs {columns} columns and {rows} rows; this window has {width} and "
                "{height}. Enlarge it, or use a smaller font. q leaves; a run continues. `deploy-tui status` shows "
                "its state."
            ).format(columns=LEAST[0], rows=LEAST[1], width=size.width, height=size.height)
        )
