"""Keeps of a long log its beginning, its end, and what is near the line that says why. Holds no more than that."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_AROUND = 200
"""Lines kept before and after the line that says why."""
_HEAD = 4
"""The beginning gets one part of so many, the end the rest."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that follow each other."""

    first: int
    """Number of the first one in the whole log, from 1."""
    lines: tuple[str, ...]


def numbered(blocks: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """The lines of blocks that contain whole lines."""
    number = 0
    for block in blocks:
        for line in block.decode("utf-8", "replace").removesuffix("\n").split("\n"):
            number += 1
            yield number, line.rstrip("\r")


def cut(lines: Iterable[tuple[int, str]], budget: int, around: int = 0) -> tuple[Piece, ...]:
    """What is kept of a log, in about `budget` characters, and the lines near the line `around` (0: none)."""
    part = budget // _HEAD
    head: list[tuple[int, str]] = []
    after: list[tuple[int, str]] = []
    before, tail, room, left = _Last(part // 2), _Last(budget - part), part, part // 2
    for number, line in lines:
        if room > 0:
            head.append((number, line))
            room -= len(line) + 1
            continue
        for gone in tail.push((number, line)):
            if 0 <= around - gone[0] <= _AROUND:
                before.push(gone)
            elif around and 0 < gone[0] - around <= _AROUND and left > 0:
                after.append(gone)
                left -= len(gone[1]) + 1
    return tuple(_pieces([*head, *before.lines, *after, *tail.lines]))


class _Last:
    """The last lines of what is pushed, in so many characters; always the very last one."""

    def __init__(self, budget: int) -> None:
        self.lines: deque[tuple[int, str]] = deque()
        self._left = budget

    def push(self, line: tuple[int, str]) -> list[tuple[int, str]]:
        """Take one more; what has no room any longer."""
        out = []
        self.lines.append(line)
        self._left -= len(line[1]) + 1
        while self._left < 0 and len(self.lines) > 1:
            gone = self.lines.popleft()
            self._left += len(gone[1]) + 1
            out.append(gone)
        return out


def shares(sizes: Sequence[int], total: int) -> list[int]:
    """How much of `total` each gets: a small one all that it has, the long ones an equal part of the rest."""
    given = [0] * len(sizes)
    left = total
    for done, at in enumerate(sorted(range(len(sizes)), key=lambda at: sizes[at])):
        given[at] = min(sizes[at], left // (len(sizes) - done))
        left -= given[at]
    return given


def text_of(pieces: Sequence[Piece]) -> str:
    """A log with a line for each gap, which says what is left out."""
    out, following = [], 1
    for piece in pieces:
        if piece.first > following:
            out.append(f"[… lines {following:,} to {piece.first - 1:,} are left out …]")
        out += piece.lines
        following = piece.first + len(piece.lines)
    return "\n".join((*out, ""))


def _pieces(lines: Sequence[tuple[int, str]]) -> Iterator[Piece]:
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or lines[at][0] != lines[at - 1][0] + 1:
            yield Piece(lines[start][0], tuple(line for _, line in lines[start:at]))
            start = at
