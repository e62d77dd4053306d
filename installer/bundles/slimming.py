"""A wheel without some of its files: another build of the same release, which says so.

Its name and its `WHEEL` carry a build tag, its record is its own, and `LEFT_OUT` in its `.dist-info` names what is gone
and the wheel that it was. What stays is copied as it is, byte for byte. It must never be called by the old name.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from installer.bundles import tar

LEFT_OUT = "LEFT_OUT"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_CENTRAL = "<4s4B4H3L5H2L"
_END = "<4s4H2LH"
_LARGEST, _MOST = 2**32 - 2**20, 65_000
"""Bytes and files of what the plain form of a zip contains."""


@dataclass(frozen=True, slots=True)
class Slim:
    """The wheel that was made."""

    file: Path
    files: int
    """How many were left out."""
    packed: int
    """Bytes that the wheel is smaller by."""
    unpacked: int


def without(wheel: Path, globs: Sequence[str], sha256: str, folder: Path) -> Slim | None:
    """The wheel without the files that a glob matches, in `folder`; `None` if none does."""
    with zipfile.ZipFile(wheel) as source:
        listed = source.infolist()
        left = [one for one in listed if any(fnmatchcase(one.filename, glob) for glob in globs)]
        info = next((one.filename.split("/")[0] for one in listed if one.filename.endswith(".dist-info/RECORD")), "")
        if not left or not info or wheel.stat().st_size > _LARGEST or len(listed) > _MOST:
            return None
        parts = wheel.stem.split("-")
        build = f"{parts[2]}_slim" if len(parts) == 6 else "0slim"
        told = {
            f"{info}/WHEEL": source.read(f"{info}/WHEEL").decode().rstrip("\n") + f"\nBuild: {build}\n",
            f"{info}/{LEFT_OUT}": f"of {wheel.name} sha256={sha256}\n" + "".join(f"{one.filename}\n" for one in left),
        }
        gone = {one.filename for one in left}
        told[f"{info}/RECORD"] = _record(source.read(f"{info}/RECORD").decode(), gone, told)
        target = folder / f"{'-'.join([*parts[:2], build, *parts[-3:]])}.whl"
        folder.mkdir(parents=True, exist_ok=True)
        _copy(source, [one for one in listed if one.filename not in gone | told.keys()], target)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as out:
        for name, text in told.items():
            out.writestr(zipfile.ZipInfo(name, _EPOCH), text, zipfile.ZIP_DEFLATED)
    smaller = wheel.stat().st_size - target.stat().st_size
    return Slim(target, len(left), smaller, sum(one.file_size for one in left))


def _record(text: str, gone: set[str], told: dict[str, str]) -> str:
    """The record of what is in it now."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    for row in csv.reader(io.StringIO(text)):
        if row and row[0] not in gone | told.keys():
            rows.writerow(row)
    for name, content in told.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        rows.writerow([name, f"sha256={digest}", len(content.encode())])
    return out.getvalue()


def _copy(source: zipfile.ZipFile, kept: Sequence[zipfile.ZipInfo], target: Path) -> None:
    """These entries with all their bytes, compressed as they are, and a directory of them."""
    stream = source.fp
    assert stream is not None
    ends = sorted([*(one.header_offset for one in source.infolist()), source.start_dir])
    with target.open("wb") as out:
        directory = b""
        for one in kept:
            end = next(place for place in ends if place > one.header_offset)
            directory += _entry(one, out.tell())
            stream.seek(one.header_offset)
            left = end - one.header_offset
            while left and (piece := stream.read(min(left, tar.PIECE))):
                out.write(piece)
                left -= len(piece)
        place = out.tell()
        out.write(directory)
        out.write(struct.pack(_END, b"PK\5\6", 0, 0, len(kept), len(kept), len(directory), place, 0))


def _entry(one: zipfile.ZipInfo, offset: int) -> bytes:
    """Its line in the directory at the end."""
    year, month, day, hour, minute, second = one.date_time
    name = one.filename.encode("utf-8" if one.flag_bits & 0x800 else "cp437")
    return (
        struct.pack(
            _CENTRAL, b"PK\1\2", one.create_version, one.create_system, one.extract_version, one.reserved,
            one.flag_bits, one.compress_type, hour << 11 | minute << 5 | second // 2,
            (year - 1980) << 9 | month << 5 | day, one.CRC, one.compress_size, one.file_size, len(name), 0, 0, 0,
            one.internal_attr, one.external_attr, offset,
        ) + name
    )  # fmt: skip
