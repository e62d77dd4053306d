"""The GPU code inside a compiled extension: which compute capabilities it contains machine code and PTX for.

nvcc packs the code for each architecture into containers ("fatbins") inside the file; their headers are walked here,
the code itself is not looked at. NVIDIA does not document the layout: it was read off the files of wheels, and the flag
below checked against the ELF flags of uncompressed code. Pure; an unknown layout gives nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_MAGIC = struct.pack("<I", 0xBA55ED50)
_CONTAINER = struct.Struct("<IHHQ")
_ENTRY = struct.Struct("<HHIQ12xI8xQ")
_PTX, _ELF = 1, 2
_THIS_ONE_ONLY = 0x100000
"""Flag of code that is built with features of one architecture (sm_90a) and runs on no other."""


@dataclass(frozen=True, slots=True)
class Code:
    """The architectures of one container, or of many."""

    elf: frozenset[int] = frozenset()
    """sm_90 is 90; with code that runs on successors of the same generation as well."""
    specific: frozenset[int] = frozenset()
    """Those with code for that very architecture (sm_90a)."""
    ptx: frozenset[int] = frozenset()

    def __or__(self, other: Code) -> Code:
        return Code(self.elf | other.elf, self.specific | other.specific, self.ptx | other.ptx)


def containers(data: bytes | bytearray, start: int = 0) -> Iterator[tuple[int, Code]]:
    """Each container that is whole in `data`: where it ends, and what it contains."""
    at = start
    while (at := data.find(_MAGIC, at)) >= 0:
        if at + _CONTAINER.size > len(data):
            return
        _, version, header, size = _CONTAINER.unpack_from(data, at)
        end = at + header + size
        if version != 1 or header != _CONTAINER.size or size == 0:
            at += len(_MAGIC)  # the four bytes by chance
            continue
        if end > len(data):
            at += len(_MAGIC)  # cut off, or by chance: there may be others behind it
            continue
        code = _entries(data, at + header, end)
        if code is None:
            at += len(_MAGIC)
            continue
        yield end, code
        at = end


def code(data: bytes) -> Code:
    """All that is in `data`."""
    found = Code()
    for _, one in containers(data):
        found |= one
    return found


def _entries(data: bytes | bytearray, start: int, end: int) -> Code | None:
    elf: set[int] = set()
    specific: set[int] = set()
    ptx: set[int] = set()
    at = start
    while at + _ENTRY.size <= end:
        kind, _, header, size, architecture, flags = _ENTRY.unpack_from(data, at)
        if kind not in (_PTX, _ELF) or header < _ENTRY.size or not 10 <= architecture <= 999:
            break  # padding, or a kind that is not known
        target = ptx if kind == _PTX else specific if flags & _THIS_ONE_ONLY else elf
        target.add(architecture)
        at += header + size
    return Code(frozenset(elf), frozenset(specific), frozenset(ptx)) if elf or specific or ptx else None
