"""A file of another kind as the shell text that does the same. A value; reads nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

RUN = "run-container"
"""Replaces `docker run` if a file requests a container and no docker is called."""
APART = "--gpus-of-its-own"
"""Means a container whose GPUs no other one has."""
ENTRY = "run-entry-point"
"""Means the entry point that an image has by itself."""

ReadSibling = Callable[[str], "str | None"]
"""The text of a file next to the one that is read; `None` if it is not known."""


def nothing(_: str) -> str | None:
    """No file is known next to it."""
    return None


@dataclass(frozen=True, slots=True)
class Document:
    kind: str
    """Such as "Dockerfile"."""
    shell: str
    """The commands, each on the line where it is in the file."""
    image: str = ""
    """The image that they run in; empty: they run on the machine."""
    built: tuple[range, ...] = ()
    """The lines of what runs while an image is built, and in no container."""
    runs_file: bool = False
    """Whether the shell is one command that runs the file itself."""


def placed(pieces: dict[int, str]) -> str:
    """Pieces of shell, each beginning at its line (from 1), or behind the one before where that is longer."""
    lines: list[str] = []
    for number in sorted(pieces):
        lines += [""] * (number - 1 - len(lines))
        lines += pieces[number].split("\n")
    return "\n".join(lines) + "\n"
