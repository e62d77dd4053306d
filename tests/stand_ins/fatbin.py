"""GPU code as nvcc packs it into a library: real headers of containers and entries, and nothing behind them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tests.stand_ins import elf

ELF, PTX = 2, 1
SPECIFIC = 0x100000


def entry(kind: int, architecture: int, *, specific: bool = False, size: int = 32) -> bytes:
    """Code of `size` bytes for one architecture (90 is sm_90)."""
    flags = 0x8011 | (SPECIFIC if specific else 0)
    header = struct.pack("<HHIQ12xI8xQ16x", kind, 0x101, 64, size, architecture, flags)
    return header + bytes(size)


def container(*entries: bytes) -> bytes:
    body = b"".join(entries)
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body


def machine_code(*architectures: int, specific: Sequence[int] = (), ptx: Sequence[int] = ()) -> bytes:
    """A container for several architectures."""
    return container(
        *(entry(ELF, number) for number in architectures),
        *(entry(ELF, number, specific=True) for number in specific),
        *(entry(PTX, number) for number in ptx),
    )


def extension(needed: Sequence[str], code: bytes, symbols: Sequence[str] = ()) -> bytes:
    """A library that asks for `needed` and `symbols`, with GPU code at its end."""
    # A symbol's name is a string in the same table as those of the libraries; which entry points to it does not matter.
    return elf.library(needed, rpath=":".join(symbols)) + code
