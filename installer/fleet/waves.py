"""Which hosts go first: one, then a share of the rest, then all others. Knows nothing about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def waves(hosts: Sequence[T], share: int) -> tuple[tuple[T, ...], ...]:
    """In the order of the file; a wave after the first has at least one host."""
    first, rest = tuple(hosts[:1]), tuple(hosts[1:])
    some = max(1, len(rest) * share // 100)
    return tuple(wave for wave in (first, rest[:some], rest[some:]) if wave)
