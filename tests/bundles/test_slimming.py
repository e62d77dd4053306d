"""A wheel without some of its files: whole by its own record, called another build, and the rest as it was."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from installer.bundles.slimming import LEFT_OUT, without
from tests.stand_ins import wheels

GLOBS = ("kernel/sm90/*.so",)
FILES = {"kernel/sm90/ops.so": bytes(40_000), "kernel/sm100/ops.so": b"b" * 900, "kernel/größe.txt": b"x"}


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return wheels.build(tmp_path / "index", "kernel", "1.0", more=FILES)


def _read(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name: archive.read(name) for name in names}


def test_what_is_left_is_whole_and_says_what_it_is(wheel: Path, tmp_path: Path) -> None:
    before = _read(wheel)
    slim = without(wheel, GLOBS, "00", tmp_path / "slim")
    assert slim and (slim.files, slim.unpacked) == (1, 40_000)
    assert parse_wheel_filename(slim.file.name)[2] == (0, "slim")
    found, info = _read(slim.file), "kernel-1.0.dist-info"
    changed = {f"{info}/RECORD", f"{info}/WHEEL", f"{info}/{LEFT_OUT}"}
    assert found.keys() - changed == before.keys() - changed - {"kernel/sm90/ops.so"}
    assert all(found[name] == before[name] for name in found.keys() - changed)
    assert "Build: 0slim" in found[f"{info}/WHEEL"].decode().splitlines()
    assert found[f"{info}/{LEFT_OUT}"].decode() == f"of {wheel.name} sha256=00\nkernel/sm90/ops.so\n"
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(found[f"{info}/RECORD"].decode()))}
    assert rows.pop(f"{info}/RECORD") == ["", ""]
    assert rows.keys() == found.keys() - {f"{info}/RECORD"}
    for name, (told, count) in rows.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(found[name]).digest()).rstrip(b"=").decode()
        assert (told, count) == (f"sha256={digest}", str(len(found[name]))), name


def test_a_wheel_that_was_written_as_a_stream_is_copied_with_what_follows_each_file(
    wheel: Path, tmp_path: Path
) -> None:
    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, piece: object) -> int:
            self.written += bytes(piece)  # type: ignore[call-overload]
            return len(piece)  # type: ignore[arg-type]

    stream, before = Stream(), _read(wheel)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:  # type: ignore[arg-type]
        for name, content in before.items():
            out.writestr(name, content)
    wheel.write_bytes(stream.written)
    slim = without(wheel, GLOBS, "00", tmp_path / "slim")
    assert slim and _read(slim.file)["kernel/sm100/ops.so"] == FILES["kernel/sm100/ops.so"]


def test_the_same_wheel_becomes_the_same_and_one_without_such_files_none(wheel: Path, tmp_path: Path) -> None:
    one, other = (without(wheel, GLOBS, "00", tmp_path / name) for name in "ab")
    assert one and other and one.file.read_bytes() == other.file.read_bytes()
    assert without(wheel, ("other/*",), "00", tmp_path / "c") is None
