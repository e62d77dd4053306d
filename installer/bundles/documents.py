"""A small member of a bundle, read in place without unpacking anything, and checked against its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from installer.bundles import tar
from installer.bundles.manifest import Part
from installer.bundles.source import Opened, open_plain
from installer.core.errors import UsageError

_LARGEST = 1 << 28


def read(opened: Opened, path: str) -> bytes:
    """Its content. Raises `UsageError` if a part that contains some of it is missing or damaged."""
    member = next((one for one in opened.bundle.members if one.path == path), None)
    if member is None or member.bytes > _LARGEST:
        raise _unreadable(opened, path, "It lists no such file of a plausible size.")
    slices: dict[int, bytes] = {}
    for part in opened.parts:
        if wanted := {entry.name: entry.offset for entry in part.entries if entry.path == path}:
            slices |= _slices(opened, part, wanted)
    content = b"".join(slices[offset] for offset in sorted(slices))
    if hashlib.sha256(content).hexdigest() != member.sha256:
        raise _unreadable(opened, path, "Its SHA-256 is different.")
    return content


def _slices(opened: Opened, part: Part, wanted: Mapping[str, int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    with open_plain(opened.file(part)) as stream:
        try:
            for name, _, pieces in tar.entries(stream):
                content = b"".join(piece for piece in pieces if name in wanted)
                if name in wanted:
                    found[wanted[name]] = content
                if len(found) == len(wanted):
                    break
        except tar.TornError as error:
            raise _unreadable(opened, part.file, f"It is damaged: {error}.") from None
    return found


def _unreadable(opened: Opened, name: str, why: str) -> UsageError:
    return UsageError(
        f"{name} of {opened.place} cannot be read.", why, "Copy or make the bundle again.", code="input-file"
    )
