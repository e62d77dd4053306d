"""What an ELF file asks the loader for, read from its bytes. Pure; a file cut off early gives what its part shows.

Never guesses: `None` means that the part which would say so is not there, or that it is no 64-bit ELF file.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

_ELF64_LITTLE = b"\x7fELF\x02\x01"
_HEADER = struct.Struct("<32xQ14xHH6x")
_SEGMENT = struct.Struct("<IIQQQQ16x")
_TAG = struct.Struct("<qQ")
_LOAD, _DYNAMIC = 1, 2
_END, _NEEDED, _STRINGS, _STRINGS_SIZE = 0, 1, 5, 10
_SONAME = re.compile(rb"(?<=\0)lib[A-Za-z0-9_+.-]{1,80}\.so(?:\.[0-9]+)*(?=\0)")


def needed(data: bytes) -> tuple[str, ...] | None:
    """The shared libraries that it requires (DT_NEEDED), in order."""
    found = _dynamic(data)
    if found is None:
        return None
    names, strings = found
    return tuple(strings[at : strings.index(b"\0", at)].decode("utf-8", "replace") for at in names if at < len(strings))


def strings(data: bytes) -> bytes | None:
    """Its table of dynamic strings: the names of libraries and of all symbols that it takes or gives."""
    found = _dynamic(data)
    return found[1] if found else None


def likely_needed(part: bytes) -> tuple[str, ...]:
    """What looks like names of libraries in a part of a file whose dynamic section is not in it."""
    return tuple(dict.fromkeys(match.decode() for match in _SONAME.findall(part)))


def _dynamic(data: bytes) -> tuple[list[int], bytes] | None:
    """Where the names of needed libraries begin in the table of strings, and that table."""
    if data[:6] != _ELF64_LITTLE or len(data) < 64:
        return None
    try:
        segments = list(_segments(data))
        dynamic = next((segment for segment in segments if segment[0] == _DYNAMIC), None)
        if dynamic is None or dynamic[1] + dynamic[3] > len(data):
            return None
        tags = list(_tags(data[dynamic[1] : dynamic[1] + dynamic[3]]))
        single = dict(tags)
        at = _in_file(single[_STRINGS], segments)
        end = at + single[_STRINGS_SIZE] if at is not None else 0
        if at is None or end > len(data):
            return None
        return [value for tag, value in tags if tag == _NEEDED], data[at:end] + b"\0"
    except (struct.error, KeyError):
        return None


def _segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Kind, place in the file, address in memory and size of each segment."""
    start, size, count = _HEADER.unpack_from(data)
    if start + count * size > len(data):
        raise struct.error("the table of segments is not in the file, or not in this part of it")
    for number in range(count):
        kind, _, offset, address, _, length = _SEGMENT.unpack_from(data, start + number * size)
        yield kind, offset, address, length


def _tags(section: bytes) -> Iterator[tuple[int, int]]:
    for tag, value in _TAG.iter_unpack(section[: len(section) // 16 * 16]):
        if tag == _END:
            return
        yield tag, value


def _in_file(address: int, segments: list[tuple[int, int, int, int]]) -> int | None:
    for kind, offset, start, length in segments:
        if kind == _LOAD and start <= address < start + length:
            return offset + address - start
    return None
