"""A thin bar drawn in text: how much of something is there."""

from __future__ import annotations

from textual.content import Content

FULL, HALF, REST = "━", "╸", "─"


def bar(part: float, width: int, style: str = "$primary") -> Content:
    """`part` (0 to 1) of `width` cells, in half-cell steps."""
    halves = round(min(1.0, max(0.0, part)) * width * 2)
    filled = FULL * (halves // 2) + (HALF if halves % 2 else "")
    return Content.assemble((filled, style), (REST * (width - len(filled)), "$border-blurred"))
