"""Reading a file of ours back: a plain file of a bounded size, written by someone whom we may trust, or nothing.

Whatever else is under its name (a folder, a pipe, a device, a link to elsewhere, someone else's file) is named and
never opened for long. Used by the supervisor, so it must import nothing heavy. It must never wait and never
change what it reads.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

from installer.core.errors import DamagedError

SMALL = 1024 * 1024
"""Bytes of the largest small file: a seal, a state, a request."""
LARGE = 256 * 1024 * 1024
"""Bytes of the largest file that is read at all: the journal of a long run, the list of a draft's files."""
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISLNK, "a link"),
)


def open_own(path: Path, flags: int = 0, mode: int = 0o644) -> int:
    """A descriptor of a plain file of ours. Raises `FileNotFoundError`, or `DamagedError` if it is anything else."""
    _refuse_kind(path)
    try:
        handle = os.open(path, _FLAGS | flags, mode)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _damaged(path, _why(error)) from None
    try:
        _refuse_foreign(path, os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise
    return handle


def read_own(path: Path, limit: int = SMALL) -> bytes | None:
    """What is in a file of ours; `None` if there is no such file. Raises `DamagedError`."""
    try:
        handle = open_own(path)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        try:
            content = file.read(limit + 1)
        except OSError as error:
            raise _damaged(path, _why(error)) from None
    if len(content) > limit:
        raise _damaged(path, f"it is larger than {limit // 1024:,} KiB")
    return content


def read_json(path: Path, limit: int = SMALL) -> dict[str, Any] | None:
    """The JSON object in a file of ours; `None` if there is no such file. Raises `DamagedError`."""
    content = read_own(path, limit)
    if content is None:
        return None
    body = _parsed(path, content)
    if not isinstance(body, dict):
        raise _damaged(path, "it does not contain a JSON object")
    return body


def damaged(path: Path, why: str) -> DamagedError:
    """Says which file it is, what is wrong with it, and what to do."""
    return _damaged(path, why)


def _parsed(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        why = "it is empty" if not content.strip(b"\0 \n") else "its content is not JSON"
        raise _damaged(path, why) from None


def _refuse_kind(path: Path) -> None:
    """Before it is opened, because opening alone can do something (a device) or fail without saying why."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _damaged(path, _why(error)) from None
    for is_kind, name in _KINDS:
        if is_kind(found.st_mode):
            raise _damaged(path, f"it is {name}, and should be a regular file")


def _refuse_foreign(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _damaged(path, "it is not a regular file")
    # In a home that was made by another user, that user's files are its own.
    if found.st_uid not in (0, os.geteuid()) and found.st_uid != path.parent.stat().st_uid:
        raise _damaged(path, f"it belongs to another user (number {found.st_uid})")


def _why(error: OSError) -> str:
    words = {errno.EACCES: "this user may not read it", errno.ELOOP: "it is a link, and should be a regular file"}
    return words.get(error.errno or 0, f"it cannot be read ({error.strerror})")


def _damaged(path: Path, why: str) -> DamagedError:
    return DamagedError(
        f"{path} is damaged: {why}.",
        "deploy-tui wrote this file and needs it; something else changed it, or a disk failed.",
        "Move it away and run the command again; nothing was touched.",
    )
