"""Packing and unpacking: any part by itself, in any order, and each kind of damage named."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from installer.bundles import bom, documents, manifest, packing, source, tar, unpacking, wheels
from installer.bundles.manifest import Bundle, Member, Part
from installer.bundles.unpacking import Unpacked
from installer.core.errors import UsageError

_PART = 64 * 1024


def _quiet(name: str, done: int, total: int) -> None:
    """Nobody looks."""


@dataclass
class Packed:
    files: dict[str, bytes]
    place: Path
    bundle: Bundle
    home: Path

    def take(self) -> Unpacked:
        return unpacking.take(source.open_bundle(self.place), self.home, _quiet)

    def unpacked(self) -> dict[str, bytes]:
        return {name: (self.home / name).read_bytes() for name in self.files}

    def part(self, number: int) -> Path:
        return self.place / self.bundle.parts[number].file


@pytest.fixture(params=["parts", "file"])
def packed(request: pytest.FixtureRequest, tmp_path: Path) -> Packed:
    return _packed(tmp_path, in_parts=request.param == "parts")


@pytest.fixture
def parts(tmp_path: Path) -> Packed:
    return _packed(tmp_path, in_parts=True)


def _packed(folder: Path, *, in_parts: bool) -> Packed:
    chance = random.Random(7)
    sizes = {"recipe.yaml": 700, "tool/deploy_tui.whl": 3000, "wheels/small.whl": 512, "wheels/empty.whl": 0}
    sizes |= {f"wheels/{'long-' * 30}name.whl": 5000, "models/m/model.safetensors": 300_001}
    files = {name: chance.randbytes(count) for name, count in sizes.items()}
    contents = []
    for number, (name, content) in enumerate(files.items()):
        file = folder / f"source-{number}"
        file.write_bytes(content)
        what = {"recipe.yaml": "document", "tool/deploy_tui.whl": "tool"}.get(name, "wheel")
        contents.append(packing.member_of(name, file, what))
    bundle = Bundle("mini", "2026-11-29", "0.1.0", "schema: 1\n", {}, "3.11", "x86_64-manylinux_2_36")
    place = folder / "bundle"
    if in_parts:
        place.mkdir()
        bundle = packing.write_parts(bundle, contents, place, _PART, _quiet)
    else:
        bundle = packing.write_file(bundle, contents, place, _quiet)
    return Packed(files, place, bundle, folder / "home")


def test_everything_comes_out_as_it_went_in(packed: Packed) -> None:
    assert packed.take().complete
    assert packed.unpacked() == packed.files


def test_a_file_is_read_out_of_it_without_unpacking_and_held_to_its_hash(packed: Packed) -> None:
    for name in packed.files:  # one of them is cut over several parts
        assert documents.read(source.open_bundle(packed.place), name) == packed.files[name]
    place = packed.part(0) if packed.bundle.parts else packed.place
    content = place.read_bytes()
    place.write_bytes(content.replace(packed.files["recipe.yaml"], bytes(700)))
    with pytest.raises(UsageError, match=r"recipe\.yaml"):
        documents.read(source.open_bundle(packed.place), "recipe.yaml")


def test_any_tar_reads_it(packed: Packed, tmp_path: Path) -> None:
    places = [packed.part(n) for n in range(len(packed.bundle.parts))] or [packed.place]
    for place in places:
        with tarfile.open(place) as archive:
            assert all(member.isreg() for member in archive)


def test_no_part_is_larger_than_asked_and_the_tool_is_in_the_first(parts: Packed) -> None:
    assert len(parts.bundle.parts) > 4
    assert all(parts.part(n).stat().st_size <= _PART for n in range(len(parts.bundle.parts)))
    assert [entry.path for entry in parts.bundle.parts[0].entries] == ["recipe.yaml", "tool/deploy_tui.whl"]


def test_parts_arrive_one_by_one_in_any_order(parts: Packed, tmp_path: Path) -> None:
    arriving = tmp_path / "arriving"
    arriving.mkdir()
    parts.place, ready = arriving, parts.place
    shutil.copy(ready / manifest.NAME, arriving)
    order = [part.file for part in parts.bundle.parts]
    random.Random(3).shuffle(order)
    for count, name in enumerate(order, 1):
        shutil.copy(ready / name, arriving)
        result = parts.take()
        assert (result.parts, len(result.missing)) == (1, len(order) - count)
        (arriving / name).unlink()  # what was taken is not asked for again
    assert result.complete
    assert parts.unpacked() == parts.files


def test_a_cut_part_is_named(parts: Packed) -> None:
    with parts.part(2).open("r+b") as file:
        file.truncate(_PART // 2)
    (fault,) = parts.take().faults
    assert "part-002.tar is cut short" in fault


def test_swapped_parts_are_named(parts: Packed) -> None:
    one, other = parts.part(2), parts.part(3)
    held = one.read_bytes()
    shutil.copy(other, one)
    other.write_bytes(held)
    assert parts.take().faults == [
        "part-002.tar contains part-003.tar: the two were swapped",
        "part-003.tar contains part-002.tar: the two were swapped",
    ]


def test_a_damaged_part_is_taken_once_it_was_copied_again(parts: Packed) -> None:
    whole = parts.part(3).read_bytes()
    parts.part(3).write_bytes(whole[:2000] + bytes([whole[2000] ^ 64]) + whole[2001:])
    result = parts.take()
    assert result.faults == ["part-003.tar is damaged: its SHA-256 does not match"]
    assert unpacking.taken(parts.home) == {part.file for part in parts.bundle.parts} - {"part-003.tar"}
    parts.part(3).write_bytes(whole)
    assert parts.take().complete
    assert parts.unpacked() == parts.files


def test_every_flipped_bit_is_noticed(packed: Packed) -> None:
    chance = random.Random(11)
    places = [packed.part(n) for n in range(len(packed.bundle.parts))] or [packed.place]
    for _ in range(150):
        place = chance.choice(places)
        whole = place.read_bytes()
        at = chance.randrange(len(whole))
        place.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
        assert _noticed(packed), (place.name, at)
        place.write_bytes(whole)


def _noticed(packed: Packed) -> bool:
    try:
        opened = source.open_bundle(packed.place)
    except UsageError:
        return True
    return any(unpacking.check(opened, part) for part in opened.parts)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_only_ordinary_files_are_taken(parts: Packed, kind: bytes) -> None:
    """A tar as its list says it is, by size and hash, and with something else in it than a file."""
    info = tarfile.TarInfo("recipe.yaml")
    info.type, info.linkname = kind, "/etc/passwd"
    _disguised(parts, info.tobuf())
    (fault,) = parts.take().faults
    assert "part-000.tar is refused: recipe.yaml is a" in fault
    assert not (parts.home / "recipe.yaml").exists()


def test_a_name_that_climbs_out_of_a_listed_part_is_refused(parts: Packed, tmp_path: Path) -> None:
    _disguised(parts, tar.header("../escaped", 4) + b"gone" + tar.padding(4))
    (fault,) = parts.take().faults
    assert '"../escaped" is in the place of "recipe.yaml"' in fault
    assert not (tmp_path / "escaped").exists()


def test_a_header_that_promises_more_than_there_is_fills_no_memory(parts: Packed) -> None:
    info = tarfile.TarInfo("recipe.yaml")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2**40
    _disguised(parts, info.tobuf(tarfile.GNU_FORMAT))
    assert len(parts.take().faults) == 1


def _disguised(packed: Packed, content: bytes) -> None:
    """Part 0 with other content, and a list that agrees with it, as somebody would make it who means harm."""
    first = packed.bundle.parts[0]
    content += tar.end(len(content))
    packed.part(0).write_bytes(content)
    entries = first.entries
    size = max(len(content), sum(entry.bytes for entry in entries))
    content += b"\0" * (size - len(content))
    packed.part(0).write_bytes(content)
    forged = Part(first.file, size, packing.digest(packed.part(0)), entries)
    packed.bundle = manifest.signed(replace(packed.bundle, parts=(forged, *packed.bundle.parts[1:])))
    (packed.place / manifest.NAME).write_text(packed.bundle.to_json())


def test_a_link_planted_in_the_folder_is_not_followed(parts: Packed, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    parts.home.mkdir()
    (parts.home / "recipe.yaml").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic link"):
        parts.take()
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("what", ["folder", "pipe", "link", "nothing"])
def test_what_is_no_part_is_no_part(parts: Packed, what: str) -> None:
    part = parts.part(1)
    held = part.with_name("held")
    part.rename(held)
    match what:
        case "folder":
            part.mkdir()
        case "pipe":
            os.mkfifo(part)
        case "link":
            part.symlink_to(held)
    result = parts.take()
    assert not result.complete
    if what == "nothing":
        assert [one.file for one in result.missing] == ["part-001.tar"]
    else:
        assert result.faults == ["part-001.tar is not a regular file"]


_OTHERS = {
    "empty": b"",
    "one byte": b"x",
    "zeros": bytes(2048),
    "noise": random.Random(5).randbytes(4096),
    "zip": b"PK\3\4" + bytes(900),
}


@pytest.mark.parametrize("what", _OTHERS)
def test_another_file_is_no_bundle(tmp_path: Path, what: str) -> None:
    (tmp_path / "file").write_bytes(_OTHERS[what])
    with pytest.raises(UsageError, match="cannot be used as a bundle"):
        source.open_bundle(tmp_path / "file")


@pytest.mark.parametrize(
    ("names", "size", "words"),
    [({"a.py": 10}, 0, ""), ({"bomb.bin": 60_000_000}, 0, "would unpack to 60.0 MB"), ({"../x.py": 1}, 0, "outside"),
     ({"/etc/x": 1}, 0, "outside"), ({}, 900, "is not a valid wheel")],
    ids=["honest", "bomb", "climbing", "absolute", "none"],
)  # fmt: skip
def test_what_is_in_a_wheel_is_looked_at(tmp_path: Path, names: dict[str, int], size: int, words: str) -> None:
    file = tmp_path / "x-1-py3-none-any.whl"
    if size:
        file.write_bytes(bytes(size))
    else:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, count in names.items():
                archive.writestr(name, bytes(count))
    found = list(wheels.faults(tmp_path, [packing.member_of(file.name, file, "wheel").member]))
    assert len(found) == bool(words) and words in "".join(found)


def test_the_bill_of_materials_names_each_package() -> None:
    members = [
        Member("wheels/torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl", 3, "0" * 64, "wheel"),
        Member("system/libnuma1_2.0.16-1_amd64.deb", 3, "1" * 64, "system"),
        Member("models/m/model.safetensors", 3, "2" * 64, "model"),
        Member("lock.json", 3, "3" * 64, "document"),
    ]
    bundle = Bundle("mini", "2026-11-29", "0.1.0", "", {}, "3.11", "x86_64-manylinux_2_36", reuse={"triton": "3.6.0"})
    body = json.loads(bom.written(bundle, members))
    assert (body["bomFormat"], body["specVersion"]) == ("CycloneDX", "1.5")
    assert [one.get("purl", one["name"]) for one in body["components"]] == [
        "pkg:pypi/torch@2.13.0%2Bcpu", "pkg:deb/debian/libnuma1@2.0.16-1?arch=amd64", "model.safetensors",
        "pkg:pypi/triton@3.6.0",
    ]  # fmt: skip
    assert body["components"][0]["hashes"] == [{"alg": "SHA-256", "content": "0" * 64}]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB, which the bundle does not fit on."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root, where that is allowed")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_keeps_what_is_whole_and_nothing_counts_that_is_not(parts: Packed, small_disk: Path) -> None:
    parts.home = small_disk / "home"
    with pytest.raises(OSError, match="No space left") as full:
        parts.take()
    assert full.value.errno == errno.ENOSPC
    kept = unpacking.taken(parts.home)
    assert kept < {part.file for part in parts.bundle.parts}
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    assert parts.take().complete
    assert parts.unpacked() == parts.files
