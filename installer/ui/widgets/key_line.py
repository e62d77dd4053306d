"""The last line: the keys that do something here, all of which can be read in the smallest window. Does none itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.widgets import Footer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import Binding
    from textual.screen import Screen
    from textual.widgets._footer import FooterKey

AROUND = 3
"""Cells that a key takes besides its words, where there is room."""
PALETTE = "-command-palette"


class KeyLine(Footer):
    """Where not all fits, the word of the palette gives way first, then the space between the keys."""

    _shown: list[tuple[Binding, bool]] | None = None
    """The keys that it was made of, and whether they do anything now."""
    _fitted = 0
    """The width that it was made for."""

    def compose(self) -> ComposeResult:
        room = self._fitted = self.app.size.width
        keys = cast("list[FooterKey]", list(super().compose()))
        if _cells(keys) > room:
            for key in keys:
                key.description = "" if key.has_class(PALETTE) else key.description
        self.compact = _cells(keys) > room
        yield from keys

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Shows them in a terminal that has no focus, too: in another pane, or in a browser's page behind others."""
        self._bindings_ready = True
        shown = [(each.binding, each.enabled) for each in screen.active_bindings.values() if each.binding.show]
        if self.is_attached and screen is self.screen and shown != self._shown:
            self._shown = shown
            self.call_after_refresh(self.recompose)

    def on_resize(self) -> None:
        if self._fitted not in (0, self.app.size.width):
            self.call_after_refresh(self.recompose)


def _cells(keys: Sequence[FooterKey]) -> int:
    return sum(len(key.key_display) + len(key.description) + AROUND for key in keys)
