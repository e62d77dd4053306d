"""The last line: the keys that do something here, all of which can be read in the smallest window; in a wider one also
those that are wanted less often. Does none itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.binding import Binding

AROUND = 3
"""Cells that a key takes besides its words, where there is room."""
PALETTE = "-command-palette"
HELP_ACTION = "app.help"
"""Before help and the way out is what there is room for."""


class KeyLine(Footer):
    """Where not all fits, the word of the palette gives way first, then the space between the keys."""

    _shown: list[tuple[Binding, bool]] | None = None
    """The keys that it was made of, and whether they do anything now."""
    _fitted = 0
    """The width that it was made for."""

    def compose(self) -> ComposeResult:
        room = self._fitted = self.app.size.width
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        if _cells(keys) > room:
            for key in keys:
                key.description = "" if key.has_class(PALETTE) else key.description
        self.compact = _cells(keys) > room
        yield from self._with_more(keys, room)

    def _with_more(self, keys: Sequence[FooterKey], room: int) -> Sequence[FooterKey]:
        """As many of the others as there is room for."""
        more: list[FooterKey] = []
        for binding, enabled in _more(self.screen) if keys else ():
            shown = self.app.get_key_display(binding), binding.description, binding.action
            key = FooterKey(binding.key, *shown, disabled=not enabled, tooltip=binding.tooltip)
            key.data_bind(compact=Footer.compact)
            if _cells([*keys, *more, key]) <= room:
                more.append(key)
        at = next((at for at, key in enumerate(keys) if key.action == HELP_ACTION), len(keys))
        return [*keys[:at], *more, *keys[at:]]

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Shows them in a terminal that has no focus, too: in another pane, or in a browser's page behind others."""
        self._bindings_ready = True
        shown = [(each.binding, each.enabled) for each in screen.active_bindings.values() if each.binding.show]
        shown += _more(screen)
        if self.is_attached and screen is self.screen and shown != self._shown:
            self._shown = shown
            self.call_after_refresh(self.recompose)

    def on_resize(self) -> None:
        if self._fitted not in (0, self.app.size.width):
            self.call_after_refresh(self.recompose)


def _more(screen: Screen[Any]) -> list[tuple[Binding, bool]]:
    """What the screen shows only where there is room, in its order; nothing while someone types."""
    wanted: Iterable[str] = getattr(screen, "MORE", ())
    found = {
        binding.action: (binding, enabled)
        for node, binding, enabled, _tooltip in screen.active_bindings.values()
        if node is screen and not binding.show
    }
    return [found[action] for action in wanted if action in found]


def _cells(keys: Sequence[FooterKey]) -> int:
    return sum(len(key.key_display) + len(key.description) + AROUND for key in keys)
