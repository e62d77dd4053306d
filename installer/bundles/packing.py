"""Puts members into parts of a size, or into one file. Writes only below the folder, or the file, that it is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from installer.bundles import manifest, tar
from installer.bundles.manifest import Bundle, Entry, Member, Part
from installer.disk.writing import sync_file, write_atomically

_LEAST = 1 << 20
"""A part with less room than this gets no slice of the next member."""
_END = 2 * tar.BLOCK
FIRST = ("document", "tool", "python")
"""What the first parts contain, and nothing else: with them alone the tool can be started."""

Progress = Callable[[str, int, int], None]
"""What is being written, bytes so far, bytes in all."""


@dataclass(frozen=True, slots=True)
class Content:
    """A member, and the file that it is read from."""

    member: Member
    file: Path


def member_of(path: str, file: Path, what: str, sha256: str = "") -> Content:
    """A file as a member; its hash is calculated where it is not known."""
    return Content(Member(path, file.stat().st_size, sha256 or digest(file), what), file)


def digest(file: Path) -> str:
    with file.open("rb") as stream:
        found = hashlib.sha256()
        while piece := stream.read(tar.PIECE):
            found.update(piece)
    return found.hexdigest()


def write_file(bundle: Bundle, contents: Sequence[Content], target: Path, progress: Progress) -> Bundle:
    """One tar with `bundle.json` at its beginning."""
    signed = manifest.signed(replace(bundle, members=tuple(content.member for content in contents)))
    text = signed.to_json().encode()
    draft = target.with_name(f".{target.name}.part")
    with draft.open("wb") as out:
        out.write(tar.header(manifest.NAME, len(text)) + text + tar.padding(len(text)))
        done = 0
        for content in contents:
            entry = Entry(content.member.path, 0, content.member.bytes)
            _put(out, content, entry)
            done += entry.bytes
            progress(entry.path, done, signed.bytes)
        out.write(tar.end(out.tell()))
    sync_file(draft)
    draft.replace(target)
    return signed


def write_parts(
    bundle: Bundle, contents: Sequence[Content], folder: Path, part_size: int, progress: Progress
) -> Bundle:
    """Parts of at most `part_size` bytes, each a tar by itself, then `bundle.json`: without that one, none counts."""
    # The tool in parts of its own: a bundle that is made again with a newer one has the same other parts.
    first = [content.member for content in contents if content.member.what in FIRST]
    plan = [*divided(first, part_size), *divided([c.member for c in contents if c.member.what not in FIRST], part_size)]
    by_path = {content.member.path: content for content in contents}
    total = sum(content.member.bytes for content in contents)
    parts, done = [], 0
    for number, entries in enumerate(plan):
        file = folder / f"part-{number:0{max(3, len(str(len(plan))))}}.tar"
        digested = _Digested(file)
        with digested:
            for entry in entries:
                _put(digested, by_path[entry.path], entry)
                done += entry.bytes
                progress(file.name, done, total)
            digested.write(tar.end(digested.tell()))
        parts.append(Part(file.name, digested.tell(), digested.sha256, tuple(entries)))
    members = tuple(content.member for content in contents)
    signed = manifest.signed(replace(bundle, members=members, parts=tuple(parts)))
    write_atomically(folder / manifest.NAME, signed.to_json())
    return signed


def divided(members: Sequence[Member], part_size: int) -> Iterator[list[Entry]]:
    """The entries of each part: members in their order, cut where a part is full."""
    entries: list[Entry] = []
    room = part_size - _END
    for member in members:
        offset = 0
        while True:
            left = member.bytes - offset
            overhead = tar.cost(Entry(member.path, 0, 0, True).name, 0)
            fits = min(left, (room - overhead) // tar.BLOCK * tar.BLOCK)
            if entries and fits < left and fits < min(_LEAST, part_size // 2):
                yield entries
                entries, room = [], part_size - _END
                continue
            entries.append(Entry(member.path, offset, fits, fits < member.bytes))
            room -= overhead + fits + len(tar.padding(fits))
            offset += fits
            if offset == member.bytes:
                break
    if entries:
        yield entries


class _Digested:
    """A file that is hashed while it is written, and is on the disk when it is closed."""

    def __init__(self, file: Path) -> None:
        self._path, self._hash, self._count = file, hashlib.sha256(), 0

    def __enter__(self) -> _Digested:
        self._out: BinaryIO = self._path.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()
        sync_file(self._path)

    def write(self, piece: bytes) -> int:
        self._hash.update(piece)
        self._count += len(piece)
        return self._out.write(piece)

    def tell(self) -> int:
        return self._count

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def _put(out: BinaryIO | _Digested, content: Content, entry: Entry) -> None:
    out.write(tar.header(entry.name, entry.bytes))
    with content.file.open("rb") as source:
        source.seek(entry.offset)
        left = entry.bytes
        while left and (piece := source.read(min(left, tar.PIECE))):
            out.write(piece)
            left -= len(piece)
    if left:
        raise OSError(f"{content.file} became shorter while it was packed")
    out.write(tar.padding(entry.bytes))
