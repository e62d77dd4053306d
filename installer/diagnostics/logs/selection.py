"""Picks the lines of a log, however long, that can contain a failure: its ends, and what looks like a complaint.

Works on bytes, a block at a time; keeps only what it selects in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from installer.diagnostics.logs.line_patterns import signs

WHOLE = 1 << 20
"""A log up to this size is looked at line by line, where it has no more lines than are kept."""
_HEAD, _TAIL = 128 << 10, 512 << 10
_BEFORE, _AFTER = 4, 12
_CLOSE, _DENSE = 512, 64 << 10
"""Where the next complaint follows within so many bytes, more and more is kept at once."""
MOST, _MOST_BYTES = 8_000, WHOLE
"""Lines, and bytes of them, that are kept from the beginning of a log, and as many from its end."""
_PIECE = 4 << 10
"""What is kept or left out together."""


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
    """Adjacent lines."""

    number: int
    """Of its first line."""
    body: bytes
    lines: int


class _Ends:
    """What is kept from the beginning, and from the end, of all that comes by."""

    def __init__(self) -> None:
        self.head: list[_Span] = []
        self.tail: deque[_Span] = deque()
        self.dropped = 0
        self._room, self._bytes = MOST, _MOST_BYTES
        self._tail_lines = self._tail_bytes = 0

    def add(self, piece: _Span) -> None:
        if not self.tail and piece.lines <= self._room and len(piece.body) <= self._bytes:
            self.head.append(piece)
            self._room -= piece.lines
            self._bytes -= len(piece.body)
            return
        self.tail.append(piece)
        self._tail_lines += piece.lines
        self._tail_bytes += len(piece.body)
        while self._tail_lines > MOST or self._tail_bytes > _MOST_BYTES:
            gone = self.tail.popleft()
            self._tail_lines -= gone.lines
            self._tail_bytes -= len(gone.body)
            self.dropped += gone.lines


def select_lines(blocks: Iterable[bytes]) -> SelectedLines:
    """The lines worth reading of a log that comes in blocks of whole lines."""
    kept, ends = SelectedLines(), _Ends()
    for block, first, last in _marked(blocks):
        kept.alive += _alive(block, kept.total)
        for span in _kept(block, kept.total, first, last):
            for piece in _pieces(span):
                ends.add(piece)
        kept.total += block.count(b"\n") + (not block.endswith(b"\n"))
    kept.lines = [*_split(ends.head), *_split(ends.tail)]
    kept.dropped = ends.dropped
    return kept


def _pieces(span: _Span) -> Iterator[_Span]:
    """A span in pieces of a few lines, or of one that is long."""
    number, at = span.number, 0
    while at + _PIECE < len(span.body):
        end = span.body.rfind(b"\n", at, at + _PIECE)
        end = end if end >= 0 else span.body.find(b"\n", at + _PIECE)
        if end < 0:
            break
        body = span.body[at:end]
        lines = body.count(b"\n") + 1
        yield _Span(number, body, lines)
        number, at = number + lines, end + 1
    body = span.body[at:]
    yield _Span(number, body, body.count(b"\n") + 1)


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
    if first and last and len(block) <= WHOLE and block.count(b"\n") <= MOST:
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
    if not signs().alive_any.search(block):
        return
    number, counted = before + 1, 0
    for at in sorted(place for mark in signs().alive for place in _last_places(block, mark.encode())):
        number += block.count(b"\n", counted, at)
        counted = at
        yield number, block[_line_start(block, at) : _line_end(block, at)].decode("utf-8", "replace")


def _last_places(block: bytes, mark: bytes) -> Iterator[int]:
    at = len(block)
    for _ in range(8):
        at = block.rfind(mark, 0, at)
        if at < 0:
            return
        yield at
