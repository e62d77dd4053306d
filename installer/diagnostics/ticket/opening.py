"""Reads a ticket that someone sent: bounded in time and memory, never onto the disk, and nothing in it is believed.

Whatever is wrong with the file is one clear sentence (`UsageError`).
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

from installer.core.errors import UsageError
from installer.core.runs.events import Event, PlanReady, from_json, to_json
from installer.core.text.plain import clean, visible
from installer.diagnostics.explain import Explanation, explain
from installer.diagnostics.ticket.packing import JOURNAL, KIND, MANIFEST, OWN_WORDS, SCHEMA, SUMMARY

MOST_FILE = 32 << 20
"""Bytes of the largest ticket."""
MOST_UNPACKED = 64 << 20
"""Bytes of all members together."""
_MOST_MEMBERS = 64
_MOST_LISTING = 16_384
"""Bytes of the zip's own list of members."""
_MOST_JOURNAL = 12 << 20
_MOST_STAGES = 99
_DEEPEST = 50
_FARTHEST = 1e15
"""No figure in a ticket is larger: bytes, tokens, seconds since the epoch."""
_END = struct.Struct("<4s4H2LH")
_NAME = re.compile(r"(?:logs/)?[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, struct.error)


@dataclass(frozen=True, slots=True)
class Opened:
    manifest: Mapping[str, Any]
    summary: Mapping[str, Any]
    logs: Mapping[str, str]
    """By name, free of control characters."""
    journal: str
    """What can be played: its events, as this version writes them; what is none of ours is left out."""
    explained: Explanation | None
    """With today's catalogue; `None` if no log of it was explained."""


def open_ticket(name: str) -> Opened:
    """Raises `UsageError` if it is no ticket, damaged, or more than a ticket can be."""
    members = _unpacked(name, _content(name))
    manifest = _checked(name, members)
    summary = _parsed(name, SUMMARY, members)
    logs = {
        member.removeprefix("logs/"): _plain(content)
        for member, content in members.items()
        if member.startswith("logs/")
    }
    log = _explained_log(summary, logs)
    journal = _events(name, members.get(JOURNAL, b""))
    return Opened(manifest, summary, logs, journal, explain(log.splitlines(), ours=True) if log else None)


def _events(name: str, content: bytes) -> str:
    """Each line read as one of our events and written again, so that nothing else comes through."""
    if len(content) > _MOST_JOURNAL:
        _refuse(name, f"Its journal is larger than {_MOST_JOURNAL >> 20} MiB, the limit for a ticket.")
    lines = []
    for line in content.decode("utf-8", "replace").split("\n"):
        with suppress(ValueError, RecursionError):
            entry = from_json(json.dumps(_shown(json.loads(line))))
            lines += [to_json(entry)] if entry and _can_be(entry.event) else []
    return "\n".join((*lines, ""))


def _can_be(event: Event) -> bool:
    """Whether a run of ours may have told it."""
    stages = event.stages if isinstance(event, PlanReady) else ()
    numbers = [getattr(event, "stage", None), *(stage.number for stage in stages)]
    return len(stages) <= _MOST_STAGES and all(number is None or 0 < number <= _MOST_STAGES for number in numbers)


def _explained_log(summary: Mapping[str, Any], logs: Mapping[str, str]) -> str | None:
    explanation, run = summary.get("explanation"), summary.get("run")
    name = str(explanation.get("log")) if isinstance(explanation, dict) else ""
    if name == OWN_WORDS and isinstance(run, dict):
        return f"{run.get('what')}\n{run.get('why')}"
    return logs.get(name)


def _content(name: str) -> bytes:
    path = Path(name)
    try:
        if not path.is_file():
            _refuse(name, "There is no such file." if not path.exists() else "It is not a regular file.")
        with path.open("rb") as file:
            content = file.read(MOST_FILE + 1)
    except (OSError, ValueError) as error:
        _refuse(name, f"It cannot be read: {getattr(error, 'strerror', None) or error}.")
    if len(content) > MOST_FILE:
        _refuse(name, f"It is larger than {MOST_FILE >> 20} MiB, the limit for a ticket.")
    return content


def _unpacked(name: str, content: bytes) -> dict[str, bytes]:
    _check_end(name, content)
    members: dict[str, bytes] = {}
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(BytesIO(content)) as ticket:
            for entry in ticket.infolist():
                _check_entry(name, entry, members)
                with ticket.open(entry) as member:
                    members[entry.filename] = member.read(left + 1)
                left -= len(members[entry.filename])
                if left < 0:
                    _refuse(name, f"It unpacks to more than {MOST_UNPACKED >> 20} MiB, the limit for a ticket.")
    except _DAMAGE as error:
        _refuse(name, f"It is damaged or cut off: {error}.")
    return members


def _check_end(name: str, content: bytes) -> None:
    """Before the zip's list is read at all: it may be made to be endless."""
    end = content[-_END.size :]
    if len(end) < _END.size or not end.startswith(b"PK\5\6"):
        _refuse(name, "It is not a ticket, or it is incomplete: it does not end like a zip file.")
    _, _, _, here, count, size, _, comment = _END.unpack(end)
    if comment or here != count or count > _MOST_MEMBERS or size > _MOST_LISTING:
        _refuse(name, f"It lists {count} members in {size} bytes, which is not possible for a ticket.")
    if content[-_END.size - 20 :].startswith(b"PK\6\7"):
        _refuse(name, "It is made for members of more than 4 GiB, which is not valid in a ticket.")


def _check_entry(name: str, entry: zipfile.ZipInfo, seen: Mapping[str, bytes]) -> None:
    shown = repr(entry.filename[:80])
    if not _NAME.fullmatch(entry.filename):
        _refuse(name, f"It has a member {shown}, which is not valid in a ticket.")
    if entry.filename in seen:
        _refuse(name, f"It has the member {shown} twice.")
    if entry.flag_bits & 1 or entry.compress_type not in _METHODS:
        _refuse(name, f"Its member {shown} is encrypted or compressed in an unsupported way.")
    if entry.file_size > MOST_UNPACKED:
        _refuse(name, f"Its member {shown} unpacks to more than {MOST_UNPACKED >> 20} MiB.")


def _checked(name: str, members: Mapping[str, bytes]) -> Mapping[str, Any]:
    """The manifest, which must say of every member what it is."""
    manifest = _parsed(name, MANIFEST, members)
    listed = manifest.get("members")
    if manifest.get("kind") != KIND or not isinstance(listed, list):
        _refuse(name, "Its manifest is not a ticket manifest.")
    if manifest.get("schema") != SCHEMA:
        _refuse(name, f"It has another format (schema {manifest.get('schema')!r:.20}), which this version cannot read.")
    digests = {str(one.get("name")): one.get("sha256") for one in listed if isinstance(one, dict)}
    found = {one: hashlib.sha256(content).hexdigest() for one, content in members.items() if one != MANIFEST}
    if digests != found:
        wrong = sorted({str(one) for one in {*digests, *found} if digests.get(one) != found.get(one)})
        _refuse(
            name, f"It was changed after it was packed: {', '.join(map(repr, wrong[:3]))} does not match its manifest."
        )
    return manifest


def _parsed(name: str, member: str, members: Mapping[str, bytes]) -> dict[str, Any]:
    if member not in members:
        _refuse(name, f"It has no {member}, so it is not a ticket.")
    try:
        body = _shown(json.loads(_plain(members[member])))
    except (ValueError, RecursionError):
        _refuse(name, f"Its {member} is not JSON.")
    if not isinstance(body, dict):
        _refuse(name, f"Its {member} does not contain a JSON object.")
    return body


def _shown(value: Any, depth: int = 0) -> Any:
    """The same without what an escape of JSON may have hidden from `_plain`."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return _plain(value.encode("utf-8", "replace"))
    if isinstance(value, (int, float)) and not -_FARTHEST <= value <= _FARTHEST:
        raise ValueError("an invalid number")
    if isinstance(value, dict):
        return {_shown(key): _shown(inner, depth + 1) for key, inner in value.items()}
    return [_shown(inner, depth + 1) for inner in value] if isinstance(value, list) else value


def _plain(content: bytes) -> str:
    """Without what could play tricks on a terminal."""
    lines = content.decode("utf-8", "replace").split("\n")
    return "\n".join(visible(clean(line)) for line in lines)


def _refuse(name: str, why: str) -> NoReturn:
    raise UsageError(
        f"{name} cannot be opened as a ticket.", why, "Ask for the file again, as `deploy-tui ticket` wrote it."
    )
