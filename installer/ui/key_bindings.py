"""The keys of a screen, for its help and for the command palette. Reads bindings; runs none itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.widget import Widget

from installer.core.text.languages import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.binding import Binding
    from textual.dom import DOMNode
    from textual.screen import Screen

EVERYWHERE = (("ctrl+c", _("leave the screen")), ("ctrl+p", _("all commands, themes, screenshot")))
Keys = list[tuple[str, str]]
"""What to press, and what it does."""


def keys_of(screen: Screen[Any]) -> tuple[Keys, Keys]:
    """Those of the widget that has the focus, and those of the screen; keys that every Textual widget has are left
    out."""
    focused: dict[str, tuple[str, str]] = {}
    everywhere: dict[str, tuple[str, str]] = {}
    for node, binding, *_rest in screen.active_bindings.values():
        if binding.description and _ours(node, binding):
            found = focused if isinstance(node, Widget) and node is not screen else everywhere
            what = binding.tooltip or binding.description
            found.setdefault(binding.action, (screen.app.get_key_display(binding), what))
    return [*focused.values()], [*everywhere.values(), *EVERYWHERE]


def commands_of(screen: Screen[Any]) -> Iterator[SystemCommand]:
    """What the keys do, as commands; those that only move something are none."""
    seen: set[str] = set()
    for node, binding, enabled, _tooltip in screen.active_bindings.values():
        moves = binding.action.partition("(")[2][:1] in tuple("-0123456789")
        known = not binding.description or moves or binding.action in seen or not isinstance(node, Widget)
        if enabled and not known and _ours(node, binding):
            seen.add(binding.action)
            title = (binding.tooltip or binding.description).capitalize()
            key = screen.app.get_key_display(binding)
            yield SystemCommand(
                title, _("key {key}").format(key=key), partial(screen.app.run_action, binding.action, node)
            )


def _ours(node: DOMNode, binding: Binding) -> bool:
    classes = [kind for kind in type(node).__mro__ if kind.__module__.startswith("installer.ui.")]
    own = [each for kind in classes for each in kind.__dict__.get("BINDINGS", ())]
    return not binding.system and any(binding.action == each.action for each in own)
