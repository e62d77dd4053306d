"""Which stages someone means: `9`, `3-7`, `3,5,9`, `all`, `pytorch`, `pytorch-engine`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from installer.core.errors import UsageError
from installer.core.files.problems import quote
from installer.core.text.numbers import is_whole


def select(text: str, names: Mapping[str, int]) -> tuple[int, ...]:
    """Stage numbers in order. Raises `UsageError` for anything that is no stage."""
    chosen: set[int] = set()
    for part in text.split(","):
        chosen.update(_part(part.strip(), names))
    return tuple(sorted(chosen))


def _part(part: str, names: Mapping[str, int]) -> Sequence[int]:
    if part == "all":
        return sorted(names.values())
    if part in names or is_whole(part):
        return (_number(part, names),)
    first, dash, last = part.partition("-")
    if not dash:
        raise _unknown(part, names)
    start, end = _number(first.strip(), names), _number(last.strip(), names)
    if start > end:
        raise UsageError(f"The range {part} is reversed.", f"{start} comes after {end}.", f"Write {end}-{start}.")
    return range(start, end + 1)


def _number(word: str, names: Mapping[str, int]) -> int:
    number = int(word) if is_whole(word) else names.get(word, 0)
    if number not in names.values():
        raise _unknown(word, names)
    return number


def _unknown(word: str, names: Mapping[str, int]) -> UsageError:
    listed = ", ".join(f"{number} {name}" for name, number in names.items())
    return UsageError(
        f"There is no stage {quote(word)}.", f"The stages are: {listed}.", "Name one, a range such as 3-7, or all."
    )
