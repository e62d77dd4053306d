"""Reads requirement and constraint files that are next to the script, or that it wrote. Reads nothing else."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

from installer.shell import project_files
from installer.shell.commands import git
from installer.shell.commands.call import Call
from installer.shell.state import UNKNOWN

DEPTH = 5
"""Files that name files."""
COUNT = 2000
"""Lines in all."""


@dataclass(slots=True)
class Listed:
    requires: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    """Options of the whole command, such as `--index-url URL`."""


def read(call: Call, path: str, into: Listed, depth: int = 0) -> None:
    """Everything that a `-r` file requires."""
    if path.endswith("pyproject.toml"):
        into.requires += project(call, path.removesuffix("pyproject.toml")) or ()
        return
    for words in _lines(call, path, depth):
        match words:
            case ["-r" | "--requirement", name]:
                read(call, _sibling(path, name), into, depth + 1)
            case ["-c" | "--constraint", name]:
                into.constraints += constraints(call, _sibling(path, name))
            case ["-e" | "--editable", name]:
                into.requires.append(git.located(call, name, editable=True))
            case [first, *_] if first.startswith("-"):
                into.options += words
            case _:
                into.requires.append(" ".join(words))


def project(call: Call, folder: str, extras: str = "") -> tuple[str, ...] | None:
    """What the project in a folder needs, by its pyproject.toml; `None` if that cannot be read."""
    text = call.read(f"{folder.rstrip('/') or '.'}/pyproject.toml") if UNKNOWN not in folder else None
    found = project_files.pyproject(text) if text is not None else None
    if found is None:
        return None
    wanted = [name.strip() for name in extras.strip("[]").split(",")]
    return (*found.requires, *(text for name in wanted for text in found.extras.get(name, ())))


def constraints(call: Call, path: str) -> list[str]:
    """The lines of a `-c` file."""
    return [" ".join(words) for words in _lines(call, path, 0) if not words[0].startswith("-")]


def _lines(call: Call, path: str, depth: int) -> list[list[str]]:
    text = None if UNKNOWN in path or path.startswith(("http:", "https:")) else call.read(path)
    if text is None or depth > DEPTH:
        call.record.unread_installs = True
        call.unclear(f"{path.replace(UNKNOWN, '…')} is not next to the script" if text is None else "it names itself")
        return []
    found = []
    for line in text.replace("\\\n", " ").splitlines()[:COUNT]:
        bare = line.split(" #")[0].strip() if not line.strip().startswith("#") else ""
        if UNKNOWN in bare:
            call.unclear(f"a line of {path} depends on an unknown value")
        elif bare:
            found.append(_words(bare))
    return found


def _words(line: str) -> list[str]:
    """An option with its value; a requirement stays whole, with its marker, without its hashes."""
    if not line.startswith("-"):
        return [line.split(" --hash", maxsplit=1)[0].strip()]
    name, _, value = line.partition("=" if line.startswith("--") and "=" in line.split(maxsplit=1)[0] else " ")
    try:
        return [name, *shlex.split(value)]
    except ValueError:
        return [name, value.strip()]


def _sibling(path: str, name: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return f"{folder}{slash}{name}" if not name.startswith("/") else name
