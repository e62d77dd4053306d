"""Which releases something is in, written as stretches of a list of releases: "0.4.3..0.5.9 0.5.11". Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence


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


def covers(text: str, position: int, positions: Mapping[str, int]) -> bool:
    """Whether the release at `position` is in one of the stretches; `positions`: of every release."""
    return any(start <= position <= end for start, end in _bounds(text, positions))


def positions_in(text: str, positions: Mapping[str, int]) -> set[int]:
    """The places of all releases in the stretches."""
    return {place for start, end in _bounds(text, positions) for place in range(start, end + 1)}


def in_words(text: str) -> str:
    """The stretches "0.4.3..0.5.9 0.5.11.." as "0.4.3 to 0.5.9 and from 0.5.11 on"."""
    parts = []
    for part in text.split(" "):
        first, dots, last = part.partition("..")
        parts.append(f"{first} to {last}" if last else f"from {first} on" if dots else first)
    return " and ".join(parts) if len(parts) < 4 else f"{parts[0]}, … and {parts[-1]}"


def _bounds(text: str, positions: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    for part in text.split(" "):
        first, dots, last = part.partition("..")
        start = positions[first]
        yield start, (positions[last] if last else len(positions) - 1) if dots else start


def _stretch(start: int, end: int, releases: Sequence[str]) -> str:
    if end == len(releases) - 1:
        return f"{releases[start]}.."
    return releases[start] if start == end else f"{releases[start]}..{releases[end]}"
