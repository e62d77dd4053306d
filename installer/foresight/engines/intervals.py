"""Which releases something is in, written as stretches of a list of releases: "0.4.3..0.5.9 0.5.11". Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence


def written(positions: Collection[int], releases: Sequence[str]) -> str:
    """Stretches of neighbouring releases; one that ends with the last release known is left open: "0.5.10.."."""
    if not positions:
        return ""
    parts, ordered = [], sorted(positions)
    start = before = ordered[0]
    for position in [*ordered[1:], len(releases) + 1]:
        if position != before + 1:
            parts.append(_stretch(start, before, releases))
            start = position
        before = position
    return " ".join(parts)


def holds(text: str, position: int, positions: Mapping[str, int]) -> bool:
    """Whether the release at `position` lies in one of the stretches."""
    for part in text.split(" "):
        first, dots, last = part.partition("..")
        start = positions.get(first, len(positions))
        end = (positions[last] if last else len(positions)) if dots else start
        if start <= position <= end:
            return True
    return False


def _stretch(start: int, end: int, releases: Sequence[str]) -> str:
    if end == len(releases) - 1:
        return f"{releases[start]}.."
    return releases[start] if start == end else f"{releases[start]}..{releases[end]}"
