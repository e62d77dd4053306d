"""Reads a script, and refuses what is none. Opens the file that was named, or our standard input, and nothing else."""

from __future__ import annotations

import os
import select
import stat
import time
from pathlib import Path

from installer.core.errors import UsageError

STDIN = Path("-")
LIMIT = 1_000_000
"""Bytes; no install script is larger."""
PATIENCE_S = 30.0
"""How long someone may take to write a script into a pipe."""


def read_script(path: Path) -> str:
    """The text of a shell script. Raises `UsageError` where there is none, or it is no script."""
    try:
        # By its number: /dev/stdin is not there on every machine.
        if path == STDIN:
            with open(0, "rb", closefd=False) as file:
                data = file.read(LIMIT + 1)
        else:
            data = _content(path)
    except FileNotFoundError:
        raise _refused(path, "there is no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise _refused(path, getattr(error, "strerror", None) or str(error)) from None
    if len(data) > LIMIT:
        raise _refused(path, f"it is larger than {LIMIT // 1000:,} kB, the limit for a script")
    text = _decoded(path, data)
    if not _has_commands(text):
        raise _refused(path, "there are no commands in it" if text.strip() else "it is empty")
    return text


def _content(path: Path) -> bytes:
    """What is in a file, or comes out of a pipe that someone writes into: `audit <(curl …)`."""
    # Not blocking: to open a pipe that nobody writes into would never end.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISDIR(mode):
            raise _refused(path, "it is a folder")
        if stat.S_ISFIFO(mode):
            return _piped(path, file.fileno())
        if not stat.S_ISREG(mode):
            raise _refused(path, "it is a device, not a file")
        return file.read(LIMIT + 1) or b""


def _piped(path: Path, pipe: int) -> bytes:
    """All that comes, until the other side ends it."""
    deadline, data = time.monotonic() + PATIENCE_S, b""
    while len(data) <= LIMIT:
        try:
            piece = os.read(pipe, 65_536)
        except BlockingIOError:
            waiting = deadline - time.monotonic()
            if waiting > 0 and select.select([pipe], [], [], waiting)[0]:
                continue
            why = f"it is a pipe that was not closed within {PATIENCE_S:.0f} seconds"
            raise _refused(path, why) from None
        if not piece:
            break
        data += piece
    if not data:
        raise _refused(path, "it is not a regular file but a pipe, and nothing came out of it")
    return data


def _decoded(path: Path, data: bytes) -> str:
    for mark, name in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
        if data.startswith(mark):
            raise _refused(path, f"it is written in {name}, and a shell reads UTF-8 only")
    if b"\0" in data or data.startswith((b"\x7fELF", b"PK\x03\x04", b"\x1f\x8b")):
        raise _refused(path, "it is binary, not text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _refused(path, f"it is not UTF-8 text (line {line})") from None
    if any(ord(character) < 32 and character not in "\t\n\r\f\v\b\x1b" for character in text):
        raise _refused(path, "it is binary, not text")
    return text


def _has_commands(text: str) -> bool:
    return any(line.strip() and not line.strip().startswith("#") for line in text.splitlines())


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} cannot be read as a shell script: {why}.",
        "",
        "Name a file with the shell commands that you would run.",
    )
