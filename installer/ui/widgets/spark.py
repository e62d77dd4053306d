"""A minute of something as a line of small bars, in text."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"


def spark(values: Sequence[float | None], width: int, most: float | None = None) -> str:
    """All of the values, several to a bar where there are more than `width`; to scale with `most`, else with the
    greatest; a blank where one is not known."""
    each = -(-len(values) // width)
    shown = [_mean(values[max(0, end - each) : end]) for end in range(len(values), 0, -each)][::-1] if values else []
    known = [value for value in shown if value is not None]
    top = most or max(known, default=0.0)
    bars = "".join(_bar(value, top) for value in shown)
    return bars.rjust(width)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _bar(value: float | None, top: float) -> str:
    if value is None:
        return " "
    part = min(1.0, max(0.0, value / top)) if top > 0 else 0.0
    return BARS[min(len(BARS) - 1, int(part * len(BARS)))]
