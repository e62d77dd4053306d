"""GPU code inside compiled files, by synthetic ones with real headers."""

from __future__ import annotations

import pytest

from installer.knowledge import cuda_code
from installer.packages.wheels import binaries, elf, fatbins
from tests.stand_ins import fatbin
from tests.stand_ins.elf import library

CUDA = ["libtorch.so", "libc10_cuda.so", "libcudart.so.12", "libcublas.so.12", "libc.so.6"]
NEW = "_ZN3c105ErrorC2ENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
OLD = "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs"


def test_all_architectures_of_all_containers() -> None:
    data = fatbin.extension(
        CUDA, fatbin.machine_code(75, 80) + b"\0" * 5 + fatbin.machine_code(90, specific=(90, 120), ptx=(90,)), [NEW]
    )
    found = binaries.examine("_C.so", data)
    assert (found.elf, found.specific, found.ptx) == ((75, 80, 90, 120), (120,), (90,))
    assert found.libraries == tuple(CUDA) and found.torch_abi == "cxx11" and found.complete


def test_a_cut_file_gives_what_its_part_shows() -> None:
    whole = fatbin.extension(CUDA, fatbin.machine_code(80, 90) + fatbin.machine_code(100), [OLD])
    part = binaries.examine("_C.so", whole[:-40], complete=False)
    assert part.elf == (80, 90) and not part.complete and part.torch_abi == "pre-cxx11"
    # Where the dynamic section itself is cut off, names are found among the strings.
    loose = binaries.examine("_C.so", b"\x7fELF\0\0libcudart.so.13\0libnothing\0" + NEW.encode(), complete=False)
    assert loose.libraries == ("libcudart.so.13",) and loose.torch_abi == "cxx11"


@pytest.mark.parametrize(
    "data", [b"", b"\x7fELF", b"\x50\xed\x55\xba", b"\x50\xed\x55\xba" + b"\1\0\x10\0" + b"\xff" * 8]
)
def test_an_unknown_layout_gives_nothing(data: bytes) -> None:
    assert fatbins.code(data) == fatbins.Code()
    assert elf.needed(data) is None


def test_a_kind_that_is_not_known_ends_the_walk() -> None:
    strange = fatbin.container(fatbin.entry(fatbin.ELF, 80), fatbin.entry(7, 90), fatbin.entry(fatbin.ELF, 100))
    assert fatbins.code(strange).elf == {80}


def test_reading_stops_where_architectures_repeat_themselves() -> None:
    one = fatbin.machine_code(80, 90) + bytes(400_000)
    data = fatbin.extension(CUDA, one * 40)
    asked: list[int] = []

    def pieces() -> object:
        for at in range(0, len(data), 100_000):
            asked.append(at)
            yield data[at : at + 100_000]

    read = binaries.enough(pieces(), lambda: False)  # type: ignore[arg-type]
    assert fatbins.code(read).elf == {80, 90}
    assert len(read) < len(data) / 2
    asked.clear()
    assert len(binaries.enough(pieces(), lambda: True)) < 2_000_000  # type: ignore[arg-type]


def test_the_stable_abi_and_the_release_of_cuda() -> None:
    stable = library(["libtorch_cuda.so", "libcudart-d0da41ae.so.13"], rpath="aoti_torch_empty_strided")
    found = binaries.examine("_C.so", stable)
    assert found.torch_abi == "stable" and binaries.cuda_of([found]) == "13"
    mixed = binaries.examine("_C.so", library(["libcudart.so.12", "libnvrtc.so.13"]))
    assert binaries.cuda_of([mixed]) == ""
    assert binaries.cuda_of_library("libcudart.faf08d9a.so.13") == "13"
    assert binaries.cuda_of_library("libcuda.so.1") == ""


@pytest.mark.parametrize(
    ("capability", "elf_", "ptx", "specific", "way"),
    [
        ("8.6", (80,), (), (), cuda_code.ELF),
        ("8.9", (86,), (), (), cuda_code.ELF),
        ("8.0", (86,), (), (), ""),
        ("10.3", (100,), (), (), cuda_code.ELF),
        ("10.3", (100,), (), (100,), ""),
        ("12.0", (120,), (), (120,), cuda_code.ELF),
        ("12.1", (120,), (), (120,), ""),
        ("12.0", (80, 90), (80,), (), cuda_code.PTX),
        ("7.5", (80, 90), (80,), (), ""),
        ("9.0", (90,), (), (90,), cuda_code.ELF),
    ],
)
def test_what_runs_on_what(
    capability: str, elf_: tuple[int, ...], ptx: tuple[int, ...], specific: tuple[int, ...], way: str
) -> None:
    number = cuda_code.number(capability)
    assert number is not None
    assert cuda_code.runs(number, elf_, ptx, specific) == way
