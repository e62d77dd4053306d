"""The readers of compiled files over whatever bytes there are: an answer, or none, and never an error of theirs."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from installer.packages.wheels import elf, fatbins

REAL = next((file.read_bytes() for folder in sys.path for file in sorted(Path(folder).glob("*.so"))[:1] if folder), b"")
"""A compiled extension of this very Python."""
CONTAINER = struct.pack("<IHHQ", 0xBA55ED50, 1, 16, 80) + struct.pack("<HHIQ12xI8xQ", 2, 0, 64, 16, 90, 0x100000)
FATBIN = CONTAINER + bytes(96 - len(CONTAINER))
CHANGES = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=24)


def changed(data: bytes, changes: list[tuple[int, int]], length: int) -> bytes:
    new = bytearray(data)
    for at, value in changes:
        if new:
            new[at % min(len(new), 4096)] = value
    return bytes(new[: length % (len(new) + 1)])


def test_the_samples_say_something() -> None:
    assert REAL == b"" or elf.needed(REAL) is not None
    assert fatbins.code(FATBIN).specific == {90}


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(CHANGES, st.integers(0, 1 << 24))
def test_a_damaged_shared_library_gives_an_answer_or_none(changes: list[tuple[int, int]], length: int) -> None:
    data = changed(REAL, changes, length)
    for name in elf.needed(data) or ():
        assert "\0" not in name
    assert elf.strings(data) is None or elf.strings(data)
    assert isinstance(elf.likely_needed(data[:4096]), tuple)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(CHANGES, st.integers(0, 1 << 24), st.binary(max_size=40))
def test_a_damaged_container_of_gpu_code_ends(changes: list[tuple[int, int]], length: int, before: bytes) -> None:
    data = before + changed(FATBIN * 3, changes, length)
    ends = [end for end, _ in fatbins.containers(data)]
    assert ends == sorted(set(ends)) and all(end <= len(data) for end in ends)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_taken(data: bytes) -> None:
    assert elf.needed(data) is None
    fatbins.code(data)
