"""What a stage is: a module that fits `Stage`, and what it gets.

`check` reads and answers what is missing; `apply` makes exactly that; `rollback` rolls back what this run did.
Verifying is calling `check` again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Protocol

from installer.core.outcomes import CheckStatus, Severity, Word

if TYPE_CHECKING:
    from installer.core.contracts.host import Host
    from installer.core.machine.facts import MachineFacts
    from installer.core.packages.lock import Lock
    from installer.core.recipes.recipe import Recipe
    from installer.core.runs.home import Home, RunFolder


class ChangeKind(Word):
    """What a change is for."""

    SYSTEM_PACKAGE = "system-package"
    ENVIRONMENT = "environment"
    PACKAGES = "packages"
    PLUGIN = "plugin"
    TOOLKIT = "toolkit"
    REMOVAL = "removal"
    """Of packages; only scripts do that."""
    CONTAINER_FILES = "container-files"
    IMAGE = "image"
    FETCH_MODEL = "fetch-model"
    MAKE_MODEL = "make-model"
    """Made or converted here, with the libraries of the environment."""
    VERIFY = "verify"
    START_SERVER = "start-server"
    STOP_SERVER = "stop-server"
    AWAIT_SERVER = "await-server"
    ASK_SERVER = "ask-server"
    REPEAT = "repeat"
    """Of a stage that was requested by itself and misses nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is missing, and what would be done about it. `kind` and `about` say which one it is."""

    kind: ChangeKind
    summary: str
    """For a person; nothing is decided by it."""
    command: tuple[str, ...] = ()
    bytes: int = 0
    """Bytes to download; 0 if none, or if unknown."""
    outside: bool = False
    """True if it is made outside of the Python environment, so that it needs no clone."""
    line: int | None = None
    """Of the script that requires it; `None` for a recipe."""
    about: str = ""
    """Which package, folder or image, where a stage may miss several of a kind."""

    @property
    def identity(self) -> tuple[ChangeKind, str]:
        return self.kind, self.about


class LeftoverKind(Word):
    """What could not be rolled back, or is not meant to be."""

    SYSTEM_PACKAGE = "system-package"
    FILES = "files"
    IMAGE = "image"
    PROCESS = "process"
    SERVER = "server"
    """The one that ran before, and does not any more."""
    UNDO = "undo"
    """The rollback failed: what is left is not known."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that a stage did and that is still there after it was rolled back."""

    kind: LeftoverKind
    text: str
    """For a person."""

    @property
    def meant(self) -> bool:
        """Whether it stays by intention: other programs may have come to need a system package by now."""
        return self.kind == LeftoverKind.SYSTEM_PACKAGE


@dataclass(frozen=True, slots=True)
class Check:
    """What a stage sees. At most one of `changes`, `skipped`, `unknown` and `blocked` is set; none: satisfied."""

    changes: tuple[Change, ...] = ()
    skipped: str = ""
    """Why the stage does not apply."""
    unknown: str = ""
    """Why it cannot be known from here and now."""
    needed: bool = True
    """False if the run may continue although this is unknown."""
    blocked: str = ""
    """Why it cannot work."""
    fix: str = ""
    observed: tuple[str, ...] = ()
    """What was found, a sentence each."""


class StageContext(Protocol):
    """What a run gives to a stage."""

    @property
    def recipe(self) -> Recipe: ...
    @property
    def facts(self) -> MachineFacts: ...
    @property
    def host(self) -> Host: ...
    @property
    def home(self) -> Home: ...
    @property
    def run(self) -> RunFolder | None:
        """Where this run keeps its files; `None` while only planning."""

    @property
    def lock(self) -> Lock | None:
        """The resolved packages; `None` if they are not resolved yet."""

    @property
    def environment(self) -> Path | None:
        """The Python environment to read or to change; `None` if there is none yet."""

    @property
    def offline(self) -> bool: ...
    @property
    def overruled(self) -> Collection[str]:
        """Codes of findings that shall not stop it."""

    def output(self, text: str) -> None:
        """Hand on a line that a command printed."""

    def progress(self, subject: str, done: int, total: int | None) -> None:
        """Hand on how far something has come, in bytes."""

    def wait_for_downloads(self) -> None:
        """Wait until nothing that this stage installs is being fetched next to it."""

    def notice(self, text: str, severity: Severity = Severity.INFO) -> None:
        """Tell a person something in plain words."""

    def checked(self, check: str, status: CheckStatus, said: str) -> None:
        """Report the result of one check of the environment."""

    def begin(self, change: Change) -> None:
        """Say that this change starts now."""

    def deed(self, what: str, data: Mapping[str, Any]) -> None:
        """Write down a change outside of the environment, before making it."""

    def emit_ready(self, ready: Any) -> None:
        """Hand on the proof that a server answers (`installer.core.runs.events.ServerReady`)."""

    def execute(self, command: Sequence[str], **options: Any) -> Any:
        """`host.run` with output, log and process bookkeeping of this stage wired up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What ordering the work needs to know of a stage. The stage declares it; no other code knows it by its number."""

    changes_environment: bool = False
    """It works on the run's draft, which is put into use after the last such stage."""
    starts_empty: bool = False
    """That draft is a new, empty folder instead of a clone of what is in use."""
    installs_packages: bool = False
    """It installs the locked packages of its name; needs the lock, and what may run next to others runs next to it."""
    read_only: bool = False
    """It changes nothing anywhere."""
    needs_machine: bool = False
    """It says something only on the machine itself."""
    repeats_when_asked: bool = False
    """It runs again if it alone is requested, although it is satisfied."""
    again: str = ""
    """What it does once more, in words, where the environment that satisfied it is replaced; empty: nothing."""
    runs_in_parallel: Callable[[StageContext, Sequence[Change]], bool] | None = None
    """Whether these changes need nothing of those that install packages, so that it may run next to them."""


class Stage(Protocol):
    """A stage is a module with these names."""

    number: int
    name: str
    title: str
    summary: str
    """What it does, in a sentence, for help and docs."""
    undo: str
    """How it is rolled back, in a few words."""
    traits: Traits

    def check(self, ctx: StageContext) -> Check: ...
    def apply(self, ctx: StageContext, changes: Sequence[Change]) -> None: ...
    def rollback(self, ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
        """Roll back what this run did; returns what is left."""
