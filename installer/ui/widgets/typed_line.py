"""A line to type in, in which every key is done in the order in which it was pressed. Does nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

if TYPE_CHECKING:
    from textual.events import Key


class TypedLine(Input):
    """Textual puts letters in at once, and does every other key after a detour over the app. Where keys come many at
    once, as over SSH or to a busy machine, a correction would remove letters that were typed after it."""

    async def on_key(self, event: Key) -> None:
        active = None if event.is_printable else self.screen.active_bindings.get(event.key)
        if active is not None and active.enabled:
            event.stop()
            event.prevent_default()
            await self.app.run_action(active.binding.action, default_namespace=active.node)
