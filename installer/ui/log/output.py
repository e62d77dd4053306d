"""A piece of a journal cut into output, which is counted by stage, and lines of all other kinds. Decodes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

OUTPUT = b'{"event":"output",'
END = b'"}'
TEXT = b'"text":"'
OTHER = 255
"""Instead of a stage: a line that is no output, or that is torn."""
_NEXT = b"\n" + OUTPUT
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
    first = chunk.startswith(OUTPUT)
    if not first:
        yield 0
    if first + chunk.count(_NEXT) < chunk.count(b"\n"):  # many times faster than to look for the others at once
        yield from (found.end() for found in _NO_OUTPUT.finditer(chunk, 0, len(chunk) - 1))


def _output(chunk: bytes, begin: int, end: int) -> Iterator[Piece]:
    """Lines that begin as output: counted where all are of one stage and whole, else looked at one by one."""
    count = chunk.count(b"\n", begin, end)
    if not count:
        return
    found = _STAGE.match(chunk, begin, end)
    if found is not None and (stage := int(found[1])) < OTHER:
        of_stage = chunk.count(b',"stage":%d,%b' % (stage, TEXT), begin, end)
        if of_stage == count == chunk.count(END + b"\n", begin, end):
            yield stage, count, b""
            return
    for stage, lines in groupby(chunk[begin : end - 1].split(b"\n"), _stage):
        if stage == OTHER:
            yield from ((OTHER, 1, line) for line in lines)
        else:
            yield stage, sum(1 for _ in lines), b""


def _stage(line: bytes) -> int:
    found = _STAGE.match(line) if line.endswith(END) else None
    return min(OTHER, int(found[1])) if found and int(found[1]) else OTHER
