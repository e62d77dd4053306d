"""Fetches packages beside a run, before the stage that installs them comes to its turn.

While the resolver works on the whole set, what the recipe pins exactly is fetched already, PyTorch with all that it
asks for: it pins that exactly itself, and it is most of the bytes. Once the packages are known, those of the later
stages are fetched while the earlier ones are installed. It only fills uv's cache: nothing depends on it, a failure of
it is not told, and the stage then fetches for itself.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from installer.core import events as ev
from installer.core.errors import Cancelled, DeployError
from installer.core.home import Home
from installer.core.host import Spawned
from installer.core.lock import Lock
from installer.core.recipe import PackageStage, Recipe
from installer.engine.context import Sparing
from installer.foresight import pylock, uv
from installer.foresight.resolution import PACKAGE_STAGES, Question, resolve
from installer.host.local import LocalHost
from installer.host.process import give_way
from stages import STAGES
from stages.packages import installed, missing
from stages.uv_output import Downloads

_POLL_S = 0.05
_PINS = "pins"
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(\[[^\]]*\])?==([^\s*,;]+)$")
_FETCHED = ("Prepared ", "Installed ")
"""What uv says once everything is in its cache; it is ended there, because nobody wants what it would install."""


class Prefetch:
    """Fetches with two uv processes at a time at most: one for the pins, one for the rest."""

    def __init__(
        self, question: Question, home: Home, work: Path, emit: Callable[[ev.Event], None], cancel: threading.Event
    ) -> None:
        self._question, self._home, self._work, self._emit = question, home, work, emit
        self._cancel, self._over, self._allowed = cancel, threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._pinning: threading.Thread | None = None
        self._pinned: set[str] = set()
        """Names of what that one fetches because the recipe says so."""
        self._waiting: dict[str, tuple[str, threading.Event]] = {}
        """By stage, the lock file of what is to be fetched, and whether it is there."""
        host = LocalHost(home.cache)
        self._python = host.python(question.python)
        # Here and not in the threads: what it asks Python about itself cannot be asked by two at the same time.
        self._uv = host.uv()
        self._environment = uv.environment(question.base, home, question.sources)
        self._empty = not Path(self._environment["UV_CACHE_DIR"]).exists()

    def pins(self) -> None:
        """Resolve what the recipe pins exactly, and fetch it as soon as that is allowed."""
        question = _pinned(self._question)
        names = _required(question.recipe)
        if self._python is not None and names:
            self._pinned = names
            self._pinning = self._start(_PINS, partial(self._fetch_pins, question))

    def allow(self) -> None:
        """From now on, bytes may be spent."""
        self._allowed.set()

    def rest(self, lock: Lock, environment: Path | None, asked: Collection[int]) -> None:
        """Fetch what the stages after the first will install into `environment`, in their order."""
        if self._python is None or self._question.offline:
            return
        have = installed(environment)
        for stage in PACKAGE_STAGES[1:]:
            names = {package.name for package in missing(lock.of(stage), have)} - self._pinned
            if names and _number(stage) in asked:
                self._waiting[stage] = (pylock.only(lock.pylock, names), threading.Event())
        self._start("rest", self._fetch_stages)

    def settle(self, stage: str) -> None:
        """Wait until nothing that `stage` installs is being fetched here. Raises `Cancelled`."""
        pinning, (_, there) = self._pinning, self._waiting.get(stage, ("", None))
        while (pinning and pinning.is_alive()) or (there and not there.is_set()):
            time.sleep(_POLL_S)
            if self._cancel.is_set():
                raise Cancelled

    def end(self) -> None:
        """Stop whatever is still being fetched, and clear up."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        for folder in self._work.glob("fetched-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _start(self, name: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=f"fetch {name}", daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _fetch_pins(self, question: Question) -> None:
        try:
            lock = resolve(question, self._host(), self._home)
        except DeployError:
            return  # the resolver of the whole set says what is wrong, and better
        while not self._allowed.wait(_POLL_S):
            if self._over.is_set() or self._cancel.is_set():
                return
        self._fetch(_PINS, lock.pylock, {package.name: package.stage for package in lock.packages})

    def _fetch_stages(self) -> None:
        try:
            for stage, (file, there) in self._waiting.items():
                self._fetch(stage, file, dict.fromkeys(_names(file), stage))
                there.set()
        finally:
            for _, there in self._waiting.values():
                there.set()  # whatever happened here, no stage waits for it any longer

    def _fetch(self, name: str, packages: str, owners: Mapping[str, str]) -> None:
        """Fill the cache with a lock file's packages. By a lock file, because uv looks where it came from first."""
        there = threading.Event()
        self._work.mkdir(parents=True, exist_ok=True)
        file = self._work / f"pylock.fetch-{name}.toml"
        file.write_text(packages, encoding="utf-8")
        command = [
            self._uv, "pip", "install", "--no-deps", "--color", "never", "--python", str(self._python),
            "--python-platform", self._question.platform, "--target", str(self._work / f"fetched-{name}"),
            "-r", str(file), "--preview-features", "pylock",
        ]  # fmt: skip
        sources = uv.source_flags(self._question.sources, self._question.base)
        downloads = Downloads(self._teller(owners))

        def started(process: Spawned) -> None:
            self._emit(ev.ProcessStarted(3, process.pid, process.created))
            if name != _PINS:  # what the next stage waits for goes first
                give_way(process.pid)

        try:
            if not self._empty and self._is_there([*command, *sources]):
                return
            self._host(there.is_set).run(
                [*command, *sources], environment=self._environment, folder=self._work, on_screen=downloads.watch,
                on_line=lambda line: there.set() if line.startswith(_FETCHED) else None, on_start=started,
            )  # fmt: skip
        except DeployError:
            pass  # ended by us, here or by the run
        if there.is_set():
            downloads.finish()

    def _is_there(self, command: list[str]) -> bool:
        done = self._host().run([*command, "--dry-run", "--offline"], environment=self._environment, folder=self._work)
        return done.code == 0 and "Would install" in done.output and "Would download" not in done.output

    def _host(self, over: Callable[[], bool] = lambda: False) -> LocalHost:
        """Whose programs end with this, with the run, or when it is `over`."""
        return LocalHost(self._home.cache, lambda: self._over.is_set() or self._cancel.is_set() or over())

    def _teller(self, owners: Mapping[str, str]) -> Callable[[str, int, int | None], None]:
        """Hands on bytes under the number of the stage that the package belongs to."""
        sparing = Sparing()

        def tell(name: str, done: int, total: int | None) -> None:
            if owner := owners.get(pylock.normal(name)):
                sparing.progress(_number(owner), name, done, total, self._emit)

        return tell


def _pinned(question: Question) -> Question:
    """The same question about the exact pins only, of the stages that have no choice; only PyTorch brings others."""
    first = PACKAGE_STAGES[0]
    sections = {name: question.recipe.package_stage(name).alternatives for name in PACKAGE_STAGES}
    pinned: dict[str, Any] = {
        name: PackageStage(
            tuple(
                replace(
                    taken, requires=tuple(filter(_PIN.match, taken.requires)), no_deps=taken.no_deps or name != first
                )
                for taken in alternatives
                if len(alternatives) == 1
            )
        )
        for name, alternatives in sections.items()
    }
    return replace(question, recipe=replace(question.recipe, **pinned))


def _required(recipe: Recipe) -> set[str]:
    """Normal names of what the package stages of `recipe` ask for."""
    taken = [one for name in PACKAGE_STAGES for one in recipe.package_stage(name).alternatives]
    return {pylock.requirement_name(requirement) for one in taken for requirement in one.requires}


def _names(file: str) -> list[str]:
    return [str(package["name"]) for package in pylock.packages(file)]


def _number(name: str) -> int:
    return next(stage.number for stage in STAGES if stage.name == name)
