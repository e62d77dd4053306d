"""What a script has done so far, as far as that can be calculated: variables, folder, environments, files it wrote."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Union

from installer.shell.budget import Budget
from installer.shell.syntax import Function

if TYPE_CHECKING:
    from installer.shell.documents.dockerfile import Recipe

UNKNOWN = "\0"
"""Means any text that could not be calculated, also in the middle of a word."""
STARTED = "$PWD"
"""The folder where the script was started, in a path that is valid whatever folder comes later."""
Value = Union[str, "tuple[str, ...]"]
SYSTEM = "system"
"""The image's own interpreter."""


@dataclass(frozen=True, slots=True)
class Venv:
    """A virtual environment."""

    path: str
    line: int
    tool: str
    """"uv", "venv" or "virtualenv"; empty if the script did not make it."""
    python: str | None = None
    pip: bool = True
    """Whether pip is in it; uv puts none in."""
    inherits: bool = False
    """Whether it sees the packages of the image's own Python."""


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """A container image that the script builds."""

    state: State
    """What applies in it once it is built."""
    recipe: Recipe
    file: str
    """Its Dockerfile, seen from the script's folder; empty: the script wrote it."""


@dataclass(slots=True)
class State:
    variables: dict[str, Value] = field(default_factory=dict)
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    """Associative arrays, and names that refer to one; each is replaced as a whole."""
    exported: set[str] = field(default_factory=set)
    options: frozenset[str] = frozenset()
    """Of `set`: "errexit", "nounset", "pipefail", "xtrace"."""
    folder: str = "."
    """Where commands run; "." is where the script was started."""
    functions: dict[str, Function] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """What the script wrote into files, by path."""
    made: set[str] = field(default_factory=set)
    """Files and folders that are there, because the script made them."""
    clones: dict[str, str] = field(default_factory=dict)
    """Repositories by the folder that they were cloned into, as pip writes them: `git+URL@REVISION`."""
    downloads: dict[str, str] = field(default_factory=dict)
    """Addresses by the file that they were fetched into."""
    mounts: dict[str, str] = field(default_factory=dict)
    """Folders next to the script by where their files were copied to."""
    models: dict[str, str] = field(default_factory=dict)
    """Models by the folder that they were fetched into, with `@REVISION` where one was requested."""
    images: dict[str, str] = field(default_factory=dict)
    """Container images by the file or the container that replaces them."""
    venvs: dict[str, Venv] = field(default_factory=dict)
    image: str = ""
    """The container image that the commands run in; empty: they run on the machine."""
    built: str = ""
    """Its name, where the script builds it from `image`."""
    builds: dict[str, BuiltImage] = field(default_factory=dict)
    """Images that the script builds, by their names."""
    shm_mib: int | None = None
    """Of its container."""
    devices: tuple[int, ...] | None = None
    """GPUs of the machine that its container is given; `None`: all of them."""
    active: str = ""
    """The virtual environment in use (`source …/activate`)."""
    arguments: tuple[str, ...] | None = None
    """Of the function or script; `None`: not known."""
    budget: Budget = field(default_factory=Budget)
    """What following the script may still take; one for all of its states."""
    flow: str = ""
    """"exit", "return", "break" or "continue" once one of them was met."""

    def copy(self) -> State:
        return replace(
            self,
            variables=dict(self.variables),
            tables=dict(self.tables),
            exported=set(self.exported),
            functions=dict(self.functions),
            files=dict(self.files),
            made=set(self.made),
            clones=dict(self.clones),
            images=dict(self.images),
            builds=dict(self.builds),
            models=dict(self.models),
            mounts=dict(self.mounts),
            downloads=dict(self.downloads),
            venvs=dict(self.venvs),
        )

    def take(self, other: State) -> None:
        """Become `other`."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(other, name))

    def path(self, written: str) -> str:
        """A path as the script means it here; UNKNOWN if the folder is not known."""
        if written == STARTED or written.startswith(f"{STARTED}/"):
            return posixpath.normpath(written[len(STARTED) :].lstrip("/") or ".")
        if written.startswith(("/", "~", UNKNOWN)):
            return posixpath.normpath(written) if written.startswith("/") else written.rstrip("/")
        return UNKNOWN if UNKNOWN in self.folder else posixpath.normpath(posixpath.join(self.folder, written))

    def sibling_path(self, path: str) -> str:
        """Where a file is next to the script, whose folder was copied to another place."""
        for target, source in self.mounts.items():
            if path == target or path.startswith(f"{target}/"):
                return posixpath.normpath(posixpath.join(source, posixpath.relpath(path, target)))
        return path

    def content(self, written: str, source: Callable[[str], str | None]) -> str | None:
        """The text of a file that the script wrote, or that is next to it, as `source` reads it."""
        path = self.path(written)
        text = self.files[path] if path in self.files else source(self.sibling_path(path))
        self.budget.made(len(text or ""))
        return text

    def text(self, name: str) -> str | None:
        """What a variable holds; `None` if the script never sets it."""
        value = self.variables.get(name)
        return (value[0] if value else "") if isinstance(value, tuple) else value


def joined(one: State, other: State) -> State:
    """What is known after either of two branches. If they differ, nothing is known."""
    found = one.copy()
    mine, theirs = one.variables, other.variables
    differing = [name for name, value in theirs.items() if mine.get(name) is not value and mine.get(name) != value]
    found.variables.update({name: _in_common(mine.get(name), theirs[name]) for name in differing})
    found.variables.update(dict.fromkeys(mine.keys() - theirs.keys(), UNKNOWN))
    found.tables = {name: table for name, table in one.tables.items() if other.tables.get(name) == table}
    found.files = {path: text for path, text in one.files.items() if other.files.get(path) == text}
    found.exported |= other.exported
    found.made |= other.made
    found.venvs = {**other.venvs, **one.venvs}
    found.clones = {**other.clones, **one.clones}
    found.downloads = {**other.downloads, **one.downloads}
    found.mounts = {**other.mounts, **one.mounts}
    found.models = {**other.models, **one.models}
    found.images = {**other.images, **one.images}
    found.builds = {**other.builds, **one.builds}
    found.functions = {**other.functions, **one.functions}
    found.options = one.options & other.options
    found.active = one.active or other.active
    found.folder = one.folder if one.folder == other.folder else UNKNOWN
    found.flow = one.flow if one.flow == other.flow else ""
    return found


def _in_common(one: Value | None, other: Value) -> Value:
    """What two values begin with, in whole words, and then something unknown: a command that is put together."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))
        return (*one[:same], UNKNOWN) if same else UNKNOWN
    if not isinstance(one, str) or not isinstance(other, str):
        return UNKNOWN
    shorter, longer = sorted((one, other), key=len)
    if shorter and longer.startswith(shorter) and longer[len(shorter)].isspace():
        return f"{shorter} {UNKNOWN}"
    same_text = posixpath.commonprefix((one, other))
    words = same_text[: max(same_text.rfind(" "), same_text.rfind("\n")) + 1]
    return f"{words}{UNKNOWN}" if words.strip() else UNKNOWN


def by_default(before: State, after: State) -> State:
    """`after`, with the values that a script gives by itself where only its arguments would change them."""
    kept = {
        name: value for name, value in before.variables.items() if isinstance(value, str) and value not in ("", UNKNOWN)
    }
    after.variables.update({name: value for name, value in kept.items() if after.variables.get(name) == UNKNOWN})
    return after
