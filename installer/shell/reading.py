"""Reads a script, and refuses what is none. Opens the file that was named, or our standard input, and nothing else."""

from __future__ import annotations

from pathlib import Path

from installer.core.errors import UsageError
from installer.disk.given import content

STDIN = Path("-")
LIMIT = 1_000_000
"""Bytes; no install script is larger."""


def read_script(path: Path) -> str:
    """The text of a shell script. Raises `UsageError` if there is none, or it is no script."""
    try:
        # By its number: /dev/stdin is not there on every machine.
        if path == STDIN:
            with open(0, "rb", closefd=False) as file:
                data = file.read(LIMIT + 1)
        else:
            data = content(path, LIMIT)
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
