"""A piece of a journal cut into output, which is counted by stage, and lines of all other kinds. Decodes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

OUTPUT = b'{"event":"output",'
PROGRESS = b'{"event":"progress",'
END = b'"}'
TEXT = b'"text":"'
OTHER = 255
"""Instead of a stage: a line that is no output, or that is torn."""
_WHOLE = END + b"\n"
_NEXT = _WHOLE + OUTPUT
_NO_OUTPUT = re.compile(rb"\n(?!" + re.escape(OUTPUT) + rb")")
_STAGE = re.compile(re.escape(OUTPUT) + rb'"at":[\d.]+,"stage":(\d+),' + re.escape(TEXT))
Piece = tuple[int, int, bytes]
"""A stage, how many lines of output there are of it, and nothing; or `OTHER`, 1, and the line."""


def pieces(chunk: bytes) -> Iterator[Piece]:
    """Whole lines, each with its end."""
    done = 0
    for begin in _others(chunk):
        yield from _output(chunk, done, begin)
        done = chunk.index(b"\n", begin) + 1
        yield OTHER, 1, chunk[begin : done - 1]
    yield from _output(chunk, done, len(chunk))


def _others(chunk: bytes) -> Iterator[int]:
    """Where lines begin that do not begin as output."""
    if not chunk.startswith(OUTPUT):
        yield 0
    fetched = list(_line_starts(chunk, b"\n" + PROGRESS))
    if 1 + chunk.count(b"\n" + OUTPUT) + len(fetched) == chunk.count(b"\n"):
        yield from fetched  # many times faster than to look for what is neither
    else:
        yield from (found.end() for found in _NO_OUTPUT.finditer(chunk, 0, len(chunk) - 1))


def _line_starts(chunk: bytes, what: bytes) -> Iterator[int]:
    """Where lines begin that begin with `what`, its line end before it."""
    place = chunk.find(what)
    while place >= 0:
        yield place + 1
        place = chunk.find(what, place + 1)


def _all_output(chunk: bytes, begin: int, end: int, count: int) -> bool:
    """Whether so many lines, the first of which begins as output, all do, and are whole."""
    return chunk.count(_NEXT, begin, end) == count - 1 and chunk.endswith(_WHOLE, begin, end)


def _output(chunk: bytes, begin: int, end: int) -> Iterator[Piece]:
    """Lines that begin as output: counted where they are of one stage and whole, else looked at one by one."""
    while begin < end:
        found = _STAGE.match(chunk, begin, end)
        stage = int(found[1]) if found else OTHER
        stop, count = _same_until(chunk, begin, end, stage) if stage < OTHER else (end, 0)
        if count and _all_output(chunk, begin, stop, count):
            yield stage, count, b""
        else:
            yield from _one_by_one(chunk[begin : stop - 1].split(b"\n"))
        begin = stop


def _same_until(chunk: bytes, begin: int, end: int, stage: int) -> tuple[int, int]:
    """Where the first line begins that is of another stage (`end`: there is none), and how many lines are before it."""
    count = chunk.count(b"\n", begin, end)
    if chunk.count(b',"stage":%d,%b' % (stage, TEXT), begin, end) == count:
        return end, count
    other = re.compile(rb',"stage":(?!%d,)' % stage).search(chunk, begin, end)
    stop = chunk.rfind(b"\n", begin, other.start()) + 1 if other else end
    return stop, chunk.count(b"\n", begin, stop)


def _one_by_one(lines: list[bytes]) -> Iterator[Piece]:
    for stage, same in groupby(lines, _stage):
        if stage == OTHER:
            yield from ((OTHER, 1, line) for line in same)
        else:
            yield stage, sum(1 for _ in same), b""


def _stage(line: bytes) -> int:
    found = _STAGE.match(line) if line.endswith(END) else None
    return min(OTHER, int(found[1])) if found and int(found[1]) else OTHER
