"""What is shown where the terminal is too small for anything else: a sentence."""

from __future__ import annotations

from textual.widgets import Static

LEAST = (80, 24)
"""Columns and rows that every screen is made for."""


class TooSmall(Static):
    """Covers the screen that is too small; keys go on working."""

    DEFAULT_CSS = """
    TooSmall { display: none; width: 1fr; height: 1fr; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def on_resize(self) -> None:
        size = self.app.size
        self.update(
            f"deploy-tui needs {LEAST[0]} columns and {LEAST[1]} rows; here are {size.width} and {size.height}. "
            "Make the window larger, or the letters smaller. q leaves; a run goes on. "
            "`deploy-tui status` says how it stands."
        )
