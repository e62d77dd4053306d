"""`bundle.json`: what a bundle is for, what is in it, and the hash of each piece. Values and their JSON; no I/O.

Nothing in it is believed: each name must stay inside the folder that it is unpacked into, each size must add up, and
the whole carries a digest of itself, so that one changed character is noticed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any

from installer.core.errors import UsageError
from installer.core.files import foreign_json
from installer.core.files.problems import quote
from installer.core.files.typed import typed

NAME = "bundle.json"
SCHEMA = 1
LARGEST = 2**43
"""Bytes of the largest bundle that is believed: 8 TiB."""
_LONGEST_NAME = 400
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a part contains of one member: all of it, or a slice."""

    path: str
    offset: int
    """Where in the member it begins, in bytes."""
    bytes: int
    slice: bool = False
    """Whether it is only a part of the member."""

    @property
    def name(self) -> str:
        """What it is called in the tar: slices by where they begin, so that none is taken for the whole."""
        return f"{self.path}.{self.offset:014d}.slice" if self.slice else self.path


@dataclass(frozen=True, slots=True)
class Part:
    """One plain tar. It can be checked and unpacked without any other."""

    file: str
    bytes: int
    sha256: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the bundle."""

    path: str
    bytes: int
    sha256: str
    what: str
    """"wheel", "model", "tool", "python", "system", "kernels" or "document"."""


@dataclass(frozen=True, slots=True)
class Bundle:
    name: str
    made: str
    """ISO date."""
    tool: str
    """The version of this tool that made it, and that it carries."""
    recipe: str
    """The recipe, whole."""
    machine: Mapping[str, Any]
    """The machine file that it was made for."""
    python: str
    platform: str
    profile: str | None = None
    settings: tuple[str, ...] = ()
    glibc: str = ""
    """The oldest C library that all its wheels accept."""
    model: str = ""
    """What it serves, in words."""
    reuse: Mapping[str, str] = field(default_factory=dict)
    """Versions of what is left out because the machine's image has it."""
    capabilities: tuple[str, ...] = ()
    """Compute capabilities: it has code for these GPUs alone. Empty: all code that its wheels came with."""
    notes: tuple[str, ...] = ()
    """What a person should know: what is not in it, and why."""
    members: tuple[Member, ...] = ()
    parts: tuple[Part, ...] = ()
    """Empty if the bundle is one file."""
    schema: int = SCHEMA
    digest: str = ""

    @property
    def id(self) -> str:
        """Names the folder in a home that it is unpacked into."""
        return f"{self.name}-{self.digest[:12]}"

    @property
    def bytes(self) -> int:
        return sum(member.bytes for member in self.members)

    def of(self, what: str) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.what == what)

    def to_json(self) -> str:
        """The text of `bundle.json`, with the digest of all the rest; a line for each member and part."""
        body = {key: value for key, value in asdict(self).items() if key != "digest"}
        return _lines({**body, "digest": _digest(body)})


def signed(bundle: Bundle) -> Bundle:
    """The same bundle with its digest."""
    return parse(bundle.to_json(), NAME)


def parse(text: str, source: str) -> Bundle:
    """The bundle that a `bundle.json` describes. Raises `UsageError` if it cannot be believed."""
    try:
        body = foreign_json.loads(text)
        if not isinstance(body, dict) or "members" not in body or "digest" not in body:
            raise ValueError("it is not a bundle manifest")
        if body.get("schema") != SCHEMA:
            raise ValueError(f"its form is {str(body.get('schema'))[:20]}, and this tool reads form {SCHEMA}")
        stated_digest = body.pop("digest")
        if stated_digest != _digest(body):
            raise ValueError("it was changed after it was made: its digest does not match")
        bundle = typed(Bundle, {**body, "digest": stated_digest})
        _check(bundle)
    except (ValueError, RecursionError) as error:
        raise _invalid(source, str(error) or "it nests too deeply") from None
    return bundle


def _check(bundle: Bundle) -> None:
    if problem := _unsafe(bundle.name) or ("/" in bundle.name and "a name with a slash"):
        raise ValueError(f"its name is {problem}")
    sizes: dict[str, int] = {}
    for member in bundle.members:
        if problem := _unsafe(member.path):
            raise ValueError(f"the member {quote(member.path)} is {problem}")
        if member.path in sizes:
            raise ValueError(f"the member {quote(member.path)} is listed twice")
        if not _SHA256.fullmatch(member.sha256):
            raise ValueError(f"the member {quote(member.path)} has no SHA-256")
        sizes[member.path] = _plausible(member.path, member.bytes)
    folders = {str(parent) for path in sizes for parent in PurePosixPath(path).parents}
    if clash := next((path for path in sizes if path in folders), None):
        raise ValueError(f"the member {quote(clash)} is a folder of others as well")
    if sum(sizes.values()) > LARGEST:
        raise ValueError("its members are implausibly large")
    if bundle.parts:
        _check_parts(bundle.parts, sizes)


def _check_parts(parts: tuple[Part, ...], sizes: Mapping[str, int]) -> None:
    slices: dict[str, list[Entry]] = {path: [] for path in sizes}
    for part in parts:
        if "/" in part.file or _unsafe(part.file) or not _SHA256.fullmatch(part.sha256):
            raise ValueError(f"the part {quote(part.file)} has no valid name or no SHA-256")
        if sum(entry.bytes for entry in part.entries) > _plausible(part.file, part.bytes):
            raise ValueError(f"the part {quote(part.file)} claims to contain more than its own size")
        for entry in part.entries:
            if entry.path not in slices:
                raise ValueError(f"the part {quote(part.file)} contains {quote(entry.path)}, which is not a member")
            slices[entry.path].append(entry)
    if len({part.file for part in parts}) < len(parts):
        raise ValueError("a part is listed twice")
    for path, held in slices.items():
        _check_slices(path, held, sizes[path])


def _check_slices(path: str, held: list[Entry], size: int) -> None:
    position = 0
    if any(entry.slice != (len(held) > 1) for entry in held):
        raise ValueError(f"{quote(path)} is split in a way that does not match its slices")
    for entry in sorted(held, key=lambda entry: entry.offset):
        if entry.offset != position:
            raise ValueError(f"the slices of {quote(path)} leave a gap or overlap at byte {position}")
        position += _plausible(path, entry.bytes)
    if position != size:
        raise ValueError(f"the slices of {quote(path)} come to {position} bytes of {size}")


def is_plain(path: str) -> bool:
    """Whether a member may be called so."""
    return not _unsafe(path)


def _unsafe(path: str) -> str:
    """What is wrong with a member's name; empty if it stays inside the folder that it is unpacked into."""
    if not path or len(path.encode("utf-8", "replace")) > _LONGEST_NAME or _CONTROL.search(path):
        return "no usable name"
    if path.startswith("/"):
        return "an absolute path"
    if any(step in ("", ".", "..") for step in path.split("/")):
        return "a path outside the bundle"
    return ""


def _plausible(path: str, count: int) -> int:
    if not 0 <= count <= LARGEST:
        raise ValueError(f"{quote(path)} is said to have {count} bytes")
    return count


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _lines(body: Mapping[str, Any]) -> str:
    """JSON in which lists of objects have a line for each, so that it can be read and compared."""
    shown = []
    for key, value in body.items():
        if key in ("members", "parts") and value:
            rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in value)
            shown.append(f" {json.dumps(key)}: [\n{rows}\n ]")
        else:
            shown.append(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(shown) + "\n}\n"


def _invalid(source: str, why: str) -> UsageError:
    return UsageError(
        f"{source} is damaged or was changed.",
        f"{why[0].upper()}{why[1:]}.",
        "Copy it again from where the bundle was made. Nothing was unpacked.",
        code="input-file",
    )
