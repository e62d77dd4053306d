"""A bundle in place: one file, or a folder of parts that may not all have arrived. Reads only."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from installer.bundles import manifest, tar
from installer.bundles.manifest import Bundle, Entry, Part
from installer.core.errors import UsageError
from installer.core.text.quantities import size

_LONGEST = 256 * 1024 * 1024
"""Bytes of the longest `bundle.json` that is read."""


@dataclass(frozen=True, slots=True)
class Opened:
    bundle: Bundle
    place: Path
    """The file, or the folder."""
    parts: tuple[Part, ...]
    """Of a bundle in one file: that file, without a hash of the whole."""

    def file(self, part: Part) -> Path:
        return self.place / part.file if self.bundle.parts else self.place


@dataclass(frozen=True, slots=True)
class Arrived:
    """Which parts is available now."""

    there: tuple[Part, ...]
    missing: tuple[Part, ...]
    short: tuple[tuple[Part, str], ...]
    """Those of another size than they should have, each with a sentence."""


def open_bundle(place: Path) -> Opened:
    """The bundle in a file or a folder. Raises `UsageError` if there is none that can be believed."""
    if place.is_dir():
        file = place / manifest.NAME
        if not os.path.lexists(file):
            raise _unreadable(place, f"It has no {manifest.NAME}; copy that file first, it says what the parts are.")
        with open_plain(file) as stream:
            bundle = manifest.parse(_text(stream.read(_LONGEST + 1), file), str(file))
        if not bundle.parts and bundle.members:
            raise _unreadable(file, "It belongs to a bundle in one file, and lists no parts.")
        return Opened(bundle, place, bundle.parts)
    with open_plain(place) as stream:
        bundle = manifest.parse(_text(_first(stream, place), place), f"{manifest.NAME} in {place}")
        if bundle.parts:
            raise _unreadable(place, "Its list is that of a bundle in parts.")
        entries = tuple(Entry(member.path, 0, member.bytes) for member in bundle.members)
        return Opened(bundle, place, (Part(place.name, os.fstat(stream.fileno()).st_size, "", entries),))


def arrived(opened: Opened, taken: Collection[str] = ()) -> Arrived:
    """Looks at names and sizes only; parts that were `taken` before are not requested again."""
    there, missing, short = [], [], []
    for part in opened.parts:
        if part.file in taken:
            continue
        try:
            found = opened.file(part).lstat()
        except FileNotFoundError:
            missing.append(part)
            continue
        if not stat.S_ISREG(found.st_mode):
            short.append((part, f"{part.file} is not a regular file"))
        elif found.st_size != part.bytes:
            short.append((part, _wrong_size(part, found.st_size)))
        else:
            there.append(part)
    return Arrived(tuple(there), tuple(missing), tuple(short))


def open_plain(file: Path) -> BinaryIO:
    """An ordinary file, opened to be read. Raises `UsageError` for anything else."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    try:
        handle = os.open(file, flags)
    except (OSError, ValueError) as error:
        known = {errno.ENOENT: "There is no such file.", errno.ELOOP: "It is a link to itself."}
        raise _unreadable(file, known.get(getattr(error, "errno", 0) or 0, f"{error}.")) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _unreadable(file, "It is not a regular file.")
    return os.fdopen(handle, "rb")


def _wrong_size(part: Part, found: int) -> str:
    if found < part.bytes:
        return (
            f"{part.file} is cut short: {size(found)} of {size(part.bytes)} are there ({found} of {part.bytes} bytes)"
        )
    return f"{part.file} has {found} bytes and should have {part.bytes}"


def _first(stream: BinaryIO, place: Path) -> bytes:
    """The first file of a tar, which must be `bundle.json`."""
    try:
        name, count, pieces = next(tar.entries(stream))
        if name == manifest.NAME and count <= _LONGEST:
            return b"".join(pieces)
    except (tar.TornError, StopIteration) as error:
        raise _unreadable(place, f"It is not a bundle ({error or 'an empty tar file'}).") from None
    raise _unreadable(place, f"It is not a bundle: it does not begin with {manifest.NAME}.")


def _text(content: bytes, source: Path) -> str:
    try:
        if len(content) <= _LONGEST:
            return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise _unreadable(source, "It is not a text file of a plausible size.")


def _unreadable(place: Path, why: str) -> UsageError:
    return UsageError(
        f"{place} cannot be used as a bundle.", why, "Name the file, or the folder of parts.", code="input-file"
    )
