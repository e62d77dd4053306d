"""Numbers and lists as people read them."""

from __future__ import annotations

from collections.abc import Sequence


def lowered(sentence: str) -> str:
    """A sentence that goes on inside of another one."""
    return sentence[:1].lower() + sentence[1:]


def first(names: Sequence[str], most: int) -> str:
    """`first(("a", "b", "c"), 2)` is "a, b and 1 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def size(count: float) -> str:
    """Bytes in decimal units: `size(9_540_000_000)` is "9.5 GB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit in ("B", "kB") else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def duration(seconds: float) -> str:
    """`duration(75)` is "1 min 15 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
