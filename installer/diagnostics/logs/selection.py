"""Picks the lines of a log, however long, in which a failure can stand: its ends, and what looks like a complaint.

Works on bytes, a block at a time; holds only what it keeps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from installer.diagnostics.logs.line_patterns import signs

WHOLE = 2 << 20
"""A log up to this size is looked at line by line."""
_HEAD, _TAIL = 128 << 10, 512 << 10
_BEFORE, _AFTER = 4, 12
_CLOSE, _DENSE = 512, 64 << 10
"""Where the next complaint follows within so many bytes, more and more is kept at once."""
MOST = 12_000
"""Lines that are kept from the beginning of a log, and as many from its end."""


@dataclass(slots=True)
class SelectedLines:
    """What was kept of a log."""

    lines: list[tuple[int, str]] = field(default_factory=list)
    """Number and text, in order."""
    total: int = 0
    """Lines that the log has."""
    alive: list[tuple[int, str]] = field(default_factory=list)
    """Where a program said that it works: the last ones of each block."""
    dropped: int = 0
    """Lines that complained and were left out, because there were too many."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Lines that stand together."""

    number: int
    """Of its first line."""
    body: bytes
    lines: int


def select_lines(blocks: Iterable[bytes]) -> SelectedLines:
    """The lines worth reading of a log that comes in blocks of whole lines."""
    kept = SelectedLines()
    head: list[_Span] = []
    tail: deque[_Span] = deque()
    in_head = in_tail = numbers = 0
    for block, first, last in _marked(blocks):
        kept.alive += _alive(block, numbers)
        for span in _kept(block, numbers, first, last):
            if in_head < MOST:
                head.append(span)
                in_head += span.lines
                continue
            tail.append(span)
            in_tail += span.lines
            while in_tail - tail[0].lines >= MOST:
                in_tail -= tail[0].lines
                kept.dropped += tail.popleft().lines
        numbers += block.count(b"\n") + (not block.endswith(b"\n"))
    kept.lines = [*_split(head)[:MOST], *_split(tail)[-MOST:]]
    kept.total = numbers
    return kept


def _split(spans: Iterable[_Span]) -> list[tuple[int, str]]:
    return [
        line
        for span in spans
        for line in enumerate(span.body.decode("utf-8", "replace").split("\n"), start=span.number)
    ]


def _marked(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool, bool]]:
    """Each block, and whether it is the first and the last."""
    before: bytes | None = None
    first = True
    for block in blocks:
        if before is not None:
            yield before, first, False
            first = False
        before = block
    if before is not None:
        yield before, first, True


def _kept(block: bytes, before: int, first: bool, last: bool) -> Iterator[_Span]:
    if first and last and len(block) <= WHOLE:
        body = block.rstrip(b"\n")
        yield _Span(before + 1, body, body.count(b"\n") + 1)
        return
    number, counted = before + 1, 0
    for start, end in _spans(block, first, last):
        number += block.count(b"\n", counted, start)
        counted = start
        yield _Span(number, block[start:end], block.count(b"\n", start, end) + 1)


def _spans(block: bytes, first: bool, last: bool) -> Iterator[tuple[int, int]]:
    """Pieces of a block to keep, from the start of a line to the end of one, in order and apart."""
    done = -1
    if first:
        done = _line_end(block, min(_HEAD, len(block)))
        yield 0, done
    tail = max(_line_start(block, max(len(block) - _TAIL, 0)), done + 1) if last else len(block)
    more = 0
    while (match := signs().word.search(block, done + 1)) and match.start() < tail:
        at = match.start()
        more = min(2 * more + 1024, _DENSE) if at < done + _CLOSE else 0
        start = max(_back(block, at), done + 1)
        done = min(_line_end(block, _forth(block, at) + more), tail - 1)
        yield start, done
    if last and tail < len(block):
        yield tail, len(block) - block.endswith(b"\n")


def _line_start(block: bytes, at: int) -> int:
    return block.rfind(b"\n", 0, at) + 1


def _line_end(block: bytes, at: int) -> int:
    end = block.find(b"\n", at)
    return len(block) if end < 0 else end


def _back(block: bytes, at: int) -> int:
    for _ in range(_BEFORE + 1):
        at = max(block.rfind(b"\n", 0, at), 0)
        if not at:
            return 0
    return at + 1


def _forth(block: bytes, at: int) -> int:
    for _ in range(_AFTER + 1):
        at = _line_end(block, at + 1)
        if at == len(block):
            break
    return at


def _alive(block: bytes, before: int) -> Iterator[tuple[int, str]]:
    for mark in signs().alive:
        at = len(block)
        for _ in range(8):
            at = block.rfind(mark.encode(), 0, at)
            if at < 0:
                break
            line = block[_line_start(block, at) : _line_end(block, at)]
            yield before + 1 + block.count(b"\n", 0, at), line.decode("utf-8", "replace")
