"""How long a context, and how many requests of it at the same time, fit with a launch. Pure; `None`: not known.

The room is the one that a plan calculates with (`sizing`), less what the engine takes out of the same share.
"""

from __future__ import annotations

from installer.models.memory.sizing import Sizing


def room(sizing: Sizing) -> float | None:
    """Bytes of one GPU for requests; negative where the weights alone are too much."""
    found = sizing.room()
    if found is None:
        return None
    return found - sizing.activations


def at_once(sizing: Sizing, context: int) -> int | None:
    """Requests of `context` tokens that fit at once: 0 if not one does, `None` if they take nothing."""
    left = room(sizing)
    if left is None or sizing.cost is None:
        return None
    each = sizing.cost.least(context)
    return max(0, int(left // each)) if each else None


def longest(sizing: Sizing, users: int = 1) -> int | None:
    """The longest context of which so many requests fit; no longer than the model allows."""
    left = room(sizing)
    if left is None or sizing.cost is None:
        return None
    if not sizing.cost.least(1 << 20):
        return sizing.context if left > 0 else 0
    held = sizing.cost.longest(max(0.0, left / users))
    return min(held, sizing.context) if sizing.context else held
