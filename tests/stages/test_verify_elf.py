"""Reading ELF files: those of this very process, and crafted ones."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from stages.scripts import verify_elf
from tests.stand_ins import elf

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs ELF files and /proc")


def loaded() -> list[Path]:
    """The libraries and extension modules in this process."""
    import psutil
    import yaml

    assert psutil.Process() and yaml.__with_libyaml__  # both have loaded a compiled part
    lines = Path("/proc/self/maps").read_text().splitlines()
    files = {Path(line.split(maxsplit=5)[5]) for line in lines if ".so" in line}
    return sorted(file for file in files if file.is_file())  # another test may have loaded one and removed it


# --- real files


@LINUX
def test_whatever_this_process_has_loaded_needs_only_what_it_has_loaded() -> None:
    read = {path: verify_elf.read(str(path)) for path in loaded()}
    assert all(read.values()), [path for path, library in read.items() if library is None]
    names = {path.name for path in read} | {library.soname for library in read.values() if library}
    needs = {name for library in read.values() if library for name in library.needed}
    assert "libc.so.6" in needs and needs <= names
    assert any("psutil" in path.name for path in read)


@LINUX
def test_the_interpreter_is_of_this_machine() -> None:
    library = verify_elf.read(os.path.realpath(sys.executable))
    expected = {"x86_64": elf.X86_64, "aarch64": elf.AARCH64}
    assert library is not None and library.machine == expected.get(platform.machine(), library.machine)


@pytest.mark.skipif(not Path("/etc/ld.so.cache").exists(), reason="ldconfig never ran here")
def test_the_loaders_own_list() -> None:
    (first, *_) = verify_elf.known_to_the_loader()["libc.so.6"]
    library = verify_elf.read(first)
    assert library is not None and library.soname == "libc.so.6"


# --- crafted ones


def test_what_a_library_asks_for(tmp_path: Path) -> None:
    path = elf.write(tmp_path / "one.so", ["libnuma.so.1", "libc.so.6"], soname="libone.so.1", machine=elf.AARCH64)
    library = verify_elf.read(str(path))
    assert library == verify_elf.Library(elf.AARCH64, ("libnuma.so.1", "libc.so.6"), (), "libone.so.1")


@pytest.mark.parametrize(
    ("options", "search"),
    [
        ({"runpath": "$ORIGIN/../lib:/opt/lib"}, ("{here}/../lib", "/opt/lib")),
        ({"rpath": "${ORIGIN}"}, ("{here}",)),
        ({"rpath": "/old", "runpath": "/new"}, ("/new",)),
        ({"runpath": ":relative:$LIB"}, ()),
    ],
    ids=["runpath", "rpath", "runpath wins", "not absolute"],
)
def test_where_it_wants_them_looked_for(tmp_path: Path, options: dict[str, str], search: tuple[str, ...]) -> None:
    library = verify_elf.read(str(elf.write(tmp_path / "one.so", ["libx.so"], **options)))
    assert library is not None and library.search == tuple(path.format(here=tmp_path) for path in search)


GOOD = elf.library(["libnuma.so.1"], runpath="$ORIGIN")


@pytest.mark.parametrize(
    "data",
    [b"", b"INPUT(libc.so.6)", b"\x7fELF\x01\x01" + GOOD[6:], b"\x7fELF\x02\x02" + GOOD[6:]],
    ids=["empty", "a linker's script", "32 bits", "big-endian"],
)
def test_what_the_loader_would_not_take(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "one.so").write_bytes(data)
    assert verify_elf.read(str(tmp_path / "one.so")) is None


def test_what_is_not_a_file(tmp_path: Path) -> None:
    assert verify_elf.read(str(tmp_path)) is None and verify_elf.read(str(tmp_path / "gone")) is None


def test_a_file_that_is_cut_short_anywhere_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "one.so"
    for size in range(len(GOOD)):
        path.write_bytes(GOOD[:size])
        assert verify_elf.read(str(path)) is None, size
    path.write_bytes(GOOD)
    assert verify_elf.read(str(path)) is not None


@pytest.mark.parametrize("value", [0x00, 0x7F, 0xFF])
def test_no_damage_is_an_error(tmp_path: Path, value: int) -> None:
    path = tmp_path / "one.so"
    for at in range(len(GOOD)):
        path.write_bytes(GOOD[:at] + bytes([value]) + GOOD[at + 1 :])
        verify_elf.read(str(path))


ENTRIES = (("libz.so.1", "/a/libz.so.1"), ("libz.so.1", "/b/libz.so.1"), ("libnuma.so.1", "/a/libnuma.so.1"))


@pytest.mark.parametrize("before", [b"", b"ld.so-1.7.0\0\0\0\0\0"], ids=["new", "after the old format"])
def test_the_loaders_list(tmp_path: Path, before: bytes) -> None:
    (tmp_path / "cache").write_bytes(elf.cache(ENTRIES, before=before))
    found = verify_elf.known_to_the_loader(str(tmp_path / "cache"))
    assert found == {"libz.so.1": ["/a/libz.so.1", "/b/libz.so.1"], "libnuma.so.1": ["/a/libnuma.so.1"]}


def test_a_list_that_is_torn_or_missing_is_no_error(tmp_path: Path) -> None:
    data = elf.cache(ENTRIES)
    for size in range(len(data)):
        (tmp_path / "cache").write_bytes(data[:size])
        assert len(verify_elf.known_to_the_loader(str(tmp_path / "cache"))) <= 2
    assert verify_elf.known_to_the_loader(str(tmp_path / "gone")) == {}
