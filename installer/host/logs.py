"""Reads the logs that people name, from a file or a pipe, however long, in whole lines. Never writes.

Takes gzip off and turns UTF-16 into UTF-8. Holds no more than a few blocks at a time, and cuts lines that are longer
than any message.
"""

from __future__ import annotations

import codecs
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from installer.core.errors import UsageError
from installer.core.text.quantities import size

BLOCK = 2 << 20
"""Bytes that are read at a time."""
LONGEST = 8 << 10
"""Bytes of a line that are kept: half of its beginning, half of its end."""
MOST = 4 << 30
"""Bytes after which reading stops, so that a stream without end (or a gzip bomb) ends."""
_GZIP = b"\x1f\x8b"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CUT = " […] ".encode()
OnLine = Callable[[str], object]


def read_log(name: str, incomplete: OnLine = str) -> Iterator[bytes]:
    """The log in blocks of whole lines, in UTF-8 ("-": standard input).

    `incomplete` is reported, in a sentence, where not all of it could be read. Raises `UsageError` if there is none,
    where it is empty, or where it is no text.
    """
    if name == "-":
        return _checked(sys.stdin.buffer, "standard input", incomplete)
    path = Path(name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unreadable(name, "It is a folder." if path.is_dir() else "It is not a regular file.")
        return _checked(path.open("rb"), name, incomplete)
    except FileNotFoundError:
        raise _unreadable(name, "There is no such file.") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise _unreadable(name, f"{getattr(error, 'strerror', None) or error}.") from None


def _checked(file: BinaryIO, name: str, incomplete: OnLine) -> Iterator[bytes]:
    """The blocks of an open log; two are read at once, so that what is no log is said at once."""
    blocks = _lines(_decoded(_bounded(_raw(file, name, incomplete), incomplete), name))
    begun = [*islice(blocks, 2)]
    if len(begun) < 2 and not b"".join(begun).strip():
        raise _empty(name)
    return _not_blank(chain(begun, blocks), name)


def _not_blank(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The same blocks; that there were only blanks in them can be known at their end."""
    found = False
    for block in blocks:
        found = found or not block.isspace()
        yield block
    if not found:
        raise _empty(name)


def _empty(name: str) -> UsageError:
    return UsageError(f"{name} is empty.", "There is nothing to explain.", "Give the log of the failure.")


def _bounded(blocks: Iterable[bytes], incomplete: OnLine) -> Iterator[bytes]:
    """A limit to what one waits for; that there is more is said."""
    total = 0
    for block in blocks:
        if total + len(block) > MOST:
            incomplete(f"Only its first {size(MOST)} were read, unpacked; the rest was not read.")
            return
        total += len(block)
        yield block


def _raw(file: BinaryIO, name: str, incomplete: OnLine) -> Iterator[bytes]:
    """The bytes of a file, without gzip around them."""
    with file:
        start = file.read(BLOCK)
        if not start.startswith(_GZIP):
            yield start
            yield from iter(lambda: file.read(BLOCK), b"")
            return
        yield from _inflated(start, file, name, incomplete)


def _inflated(start: bytes, file: BinaryIO, name: str, incomplete: OnLine) -> Iterator[bytes]:
    inflate = zlib.decompressobj(31)
    data, total, complete = start, 0, False
    try:
        while data:
            piece = inflate.decompress(data, BLOCK)
            total += len(piece)
            yield piece
            data, complete = inflate.unconsumed_tail, inflate.eof
            if inflate.eof:
                data, inflate = inflate.unused_data, zlib.decompressobj(31)
            data = data or file.read(BLOCK)
    except zlib.error as error:
        if not total:
            raise _unreadable(name, f"Its gzip is damaged: {error}.") from None
        complete = False  # what came before the damage is still a log
    if not complete:
        incomplete(f"Its gzip is cut off or damaged: only the first {size(total)} of it could be read.")


def _decoded(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The same as UTF-8."""
    decode = None
    for number, block in enumerate(blocks):
        if number == 0:
            encoding, skipped = _encoding(block)
            block = block[skipped:]  # noqa: PLW2901
            decode = codecs.getincrementaldecoder(encoding)("replace") if encoding.startswith("utf-16") else None
            if decode is None and b"\0" in block[:65536]:
                raise UsageError(
                    f"{name} is not a log.",
                    "It contains binary data.",
                    "Give the text that the program printed.",
                )
        yield decode.decode(block).encode("utf-8", "replace") if decode else block


def _encoding(block: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if block.startswith(mark):
            return encoding, len(mark)
    sample = block[:4096]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    if len(sample) >= 8 and max(odd, even) > 0.4 * len(sample) / 2 and min(odd, even) < 0.05 * len(sample):
        return ("utf-16-le" if odd > even else "utf-16-be"), 0
    return "utf-8", 0


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks that end at the end of a line, without lines that are too long to be read."""
    rest = b""
    for block in blocks:
        lines, newline, tail = block.rpartition(b"\n")
        if newline:
            yield _cut(rest + lines + newline)
            rest = tail
        else:
            rest += tail
        if len(rest) > 4 * LONGEST:
            rest = rest[: LONGEST // 2] + _CUT + rest[-LONGEST // 2 :]
    if rest:
        yield _cut(rest)


def _cut(block: bytes) -> bytes:
    """A block whose lines are all of a length that can be read."""
    kept: list[bytes] = []
    at = start = 0
    while at + LONGEST < len(block):
        end = block.rfind(b"\n", at, at + LONGEST)
        if end >= 0:
            at = end + 1
            continue
        end = block.find(b"\n", at + LONGEST)
        end = len(block) if end < 0 else end
        kept += [block[start : at + LONGEST // 2], _CUT]
        start = max(end - LONGEST // 2, at + LONGEST // 2)
        at = end + 1
    return block if not kept else b"".join([*kept, block[start:]])


def _unreadable(name: str, why: str) -> UsageError:
    return UsageError(f"{name} cannot be read.", why, "Check the path and the permissions.", code="input-file")
