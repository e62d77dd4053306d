"""Amounts next to each other, drawn to scale in text: what takes how much of a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from installer.core.text.languages import _
from installer.core.text.quantities import size

REST = "·"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    amount: int
    """In bytes."""
    sign: str
    """One cell of it."""
    style: str
    more: str = ""
    """Said after the amount."""


def scale(parts: Sequence[Part], total: int, width: int) -> Content:
    """`width` cells for `whole` bytes: each part at least one cell where it is anything, the rest free; then words."""
    cells, drawn = [], 0
    for part in parts:
        share = min(width - drawn, max(1, round(width * part.amount / total))) if part.amount > 0 and total else 0
        cells.append(Content.styled(part.sign * share, part.style))
        drawn += share
    free = max(0, total - sum(part.amount for part in parts))
    bar = Content().join(cells) + Content.styled(REST * (width - drawn), "$foreground-muted")
    labels = [
        Content.assemble((part.sign, part.style), f" {part.name} {size(part.amount)}{part.more}") for part in parts
    ]
    labels.append(
        Content.assemble(
            (REST, "$foreground-muted"), _(" left {free} of {whole}").format(free=size(free), whole=size(total))
        )
    )
    return bar + Content("  ") + Content("  ").join(labels)
