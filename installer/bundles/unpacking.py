"""Unpacks parts as they arrive, each byte read once and checked against its hash; what was unpacked is noted and kept.

A part counts as taken when all of it is on the disk and had the right hash. Nothing is written outside the folder that
it is told, and nothing that `bundle.json` does not list.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from installer.bundles import manifest, tar
from installer.bundles.manifest import Entry, Part
from installer.bundles.packing import digest
from installer.bundles.source import Opened, arrived, open_plain
from installer.core.files.problems import quote
from installer.disk.writing import sync_filesystem, write_atomically

_SETTLE = 1 << 30
"""So many bytes are written between two times that what was taken is noted."""
_TAKEN = "taken"

Progress = Callable[[str, int, int], None]
"""Name of the part, bytes so far, bytes in all."""


@dataclass(slots=True)
class Unpacked:
    """What came of it."""

    parts: int = 0
    """Taken now."""
    missing: tuple[Part, ...] = ()
    faults: list[str] = field(default_factory=list)
    """A sentence for each part that is there and no good."""

    @property
    def complete(self) -> bool:
        return not self.missing and not self.faults


def take(opened: Opened, folder: Path, progress: Progress) -> Unpacked:
    """Unpack every part that is there, and say which are missing or no good. Raises `OSError` if the disk fails."""
    (folder / _TAKEN).mkdir(parents=True, exist_ok=True)
    write_atomically(folder / manifest.NAME, opened.bundle.to_json())
    state = arrived(opened, taken(folder))
    result = Unpacked(missing=state.missing, faults=[sentence for _, sentence in state.short])
    total, done, unsettled = sum(part.bytes for part in state.there), 0, list[Part]()
    for part in state.there:
        if fault := check(opened, part, folder):
            result.faults.append(fault)
        else:
            unsettled.append(part)
            result.parts += 1
        done += part.bytes
        progress(part.file, done, total)
        if sum(one.bytes for one in unsettled) > _SETTLE:
            _note(folder, unsettled)
    _note(folder, unsettled)
    return result


def taken(folder: Path) -> frozenset[str]:
    """The names of the parts that were unpacked into `folder`."""
    try:
        return frozenset(mark.name for mark in (folder / _TAKEN).iterdir())
    except OSError:
        return frozenset()


def check(opened: Opened, part: Part, folder: Path | None = None) -> str:
    """What is wrong with a part, in a sentence; empty if nothing is. Unpacks it into `folder` while at it."""
    file = opened.file(part)
    with open_plain(file) as stream:
        try:
            _read(opened, part, stream, folder)
        except tar.TornError as error:
            why = str(error)
        else:
            return ""
    if not part.sha256:
        return f"{part.file} is damaged: {why}"
    found = digest(file)
    other = next((one.file for one in opened.parts if one.sha256 == found), "")
    if other == part.file:
        return f"{part.file} is refused: {why}"
    return f"{part.file} contains {other}: the two were swapped" if other else f"{part.file} is damaged: {why}"


class _Hashing:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.hash = stream, hashlib.sha256()

    def read(self, count: int, /) -> bytes:
        piece = self._stream.read(count)
        self.hash.update(piece)
        return piece


def _read(opened: Opened, part: Part, stream: BinaryIO, folder: Path | None) -> None:
    """Raises `TornError` if the part does not have the expected content."""
    hashes = {} if part.sha256 else {member.path: member.sha256 for member in opened.bundle.members}
    hashing = _Hashing(stream)
    source: tar.Readable = hashing if part.sha256 else stream
    found = tar.entries(source)
    if not part.sha256:
        _skip(found)
    for entry in part.entries:
        name, count, pieces = next(found, ("its end", 0, iter(())))
        if (name, count) != (entry.name, entry.bytes):
            raise tar.TornError(f"{quote(name)} is in the place of {quote(entry.name)}")
        _write(folder, entry, pieces, hashes.get(entry.path, ""))
    if (more := next(found, None)) is not None:
        raise tar.TornError(f"it contains {quote(more[0])}, which its manifest does not list")
    rest = iter(lambda: source.read(tar.PIECE), b"")
    if any(piece.strip(b"\0") for piece in rest):
        raise tar.TornError("something follows its end")
    if part.sha256 and hashing.hash.hexdigest() != part.sha256:
        raise tar.TornError("its SHA-256 does not match")


def _skip(found: Iterator[tuple[str, int, Iterator[bytes]]]) -> None:
    _, _, pieces = next(found)
    for _ in pieces:
        pass


def _write(folder: Path | None, entry: Entry, pieces: Iterator[bytes], sha256: str) -> None:
    found = hashlib.sha256()
    with _opened(folder, entry) as out:
        for piece in pieces:
            if sha256:
                found.update(piece)
            out.write(piece)
    if sha256 and found.hexdigest() != sha256:
        raise tar.TornError(f"the SHA-256 of {quote(entry.path)} does not match")


def _opened(folder: Path | None, entry: Entry) -> BinaryIO:
    """Where an entry is written: its place in the member's file."""
    if folder is None:
        return Path(os.devnull).open("wb")
    target = folder / entry.path
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    out = os.fdopen(handle, "wb")
    out.seek(entry.offset)
    return out


def _note(folder: Path, parts: list[Part]) -> None:
    """Say that these are taken, once they are on the disk."""
    if not parts:
        return
    sync_filesystem(folder)
    for part in parts:
        (folder / _TAKEN / part.file).touch()
    sync_filesystem(folder)
    parts.clear()
