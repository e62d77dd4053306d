"""Fetches packages next to a run, before the stage that installs them comes to its turn.

While the resolver works on the whole set, what the recipe pins exactly is fetched already, PyTorch with all that it
requires: it pins that exactly itself, and it is most of the bytes. Once the packages are known, those of the later
stages are fetched while the earlier ones are installed, stage by stage; next to them the large ones, because a wheel is
unpacked by one core, and nothing is left to do for the others if such a one comes last. It only fills uv's cache:
nothing depends on it, a failure of it is not reported, and the stage then fetches for itself.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from installer.core import threads
from installer.core.contracts.host import Spawned
from installer.core.errors import Cancelled, DeployError
from installer.core.packages.lock import Lock, LockedPackage
from installer.core.recipes.file import PACKAGE_STAGES
from installer.core.recipes.recipe import PackageStage, Recipe
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.execution.context import ThrottledProgress
from installer.host import priority
from installer.host.local import LocalHost
from installer.knowledge.wheel_sizes import unpacked_bytes
from installer.packages import pylock, uv
from installer.packages.resolution import Question, resolve
from stages import STAGES
from stages.packages import installed, missing
from stages.uv_output import Downloads

_POLL_S = 0.2
_PINS, _HERE = "pins", "here"
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(\[[^\]]*\])?==([^\s*,;]+)$")
_FETCHED = ("Prepared ", "Installed ")
"""What uv says once everything is in its cache; it is ended there, because what it would install is not needed."""
_LARGE = 500_000_000
"""Bytes, unpacked: what is larger keeps one core busy for some four seconds and more."""


@dataclass(frozen=True, slots=True)
class Wave:
    """Packages that are fetched together."""

    name: str
    packages: Mapping[str, str]
    """The stage of each, by normal name."""
    there: threading.Event = field(default_factory=threading.Event)
    leaders: list[int] = field(default_factory=list)
    """The session that fetches it, once it was started."""


class Prefetch:
    """Fetches with three uv processes at a time at most: for the pins, for what is large, and for the rest."""

    def __init__(
        self, question: Question, home: Home, work: Path, emit: Callable[[ev.Event], None], cancel: threading.Event
    ) -> None:
        self._question, self._home, self._work, self._emit = question, home, work, emit
        self._cancel, self._over, self._allowed = cancel, threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._pinned_there = threading.Event()
        self._pinned_there.set()
        self._pinned: set[str] = set()
        """Names of what that one fetches because the recipe says so."""
        self._waves: list[Wave] = []
        host = LocalHost(home.cache)
        self._python = host.python(question.python)
        # Here and not in the threads: what it asks Python about itself cannot be asked by two at the same time.
        self._uv = host.uv()
        self._environment = uv.environment(question.base, home, question.sources)
        self._environment |= uv.addresses(question.sources, question.base)
        self._empty = not Path(self._environment["UV_CACHE_DIR"]).exists()

    def pins(self) -> None:
        """Resolve what the recipe pins exactly, and fetch it as soon as that is allowed."""
        question = _pinned(self._question)
        names = _required(question.recipe)
        if self._python is not None and names:
            self._pinned = names
            self._pinned_there.clear()
            self._start(_PINS, partial(self._fetch_pins, question))

    def allow(self) -> None:
        """From now on, bytes may be spent."""
        self._allowed.set()

    def rest(self, lock: Lock, environment: Path | None, asked: Collection[int]) -> None:
        """Fetch what the stages after the first will install into `environment`, in their order."""
        if self._python is None:
            return
        if self._question.offline:
            self._unpack(lock, environment, asked)
            return
        later = lock.through(tuple(stage for stage in PACKAGE_STAGES[1:] if _number(stage) in asked))
        lacking = [package for package in missing(later, installed(environment)) if package.name not in self._pinned]
        large, *by_stage = self._waves = waves(lacking)
        self._start("large", partial(self._fetch_waves, [large], lock.pylock))
        self._start("rest", partial(self._fetch_waves, by_stage, lock.pylock))

    def _unpack(self, lock: Lock, environment: Path | None, asked: Collection[int]) -> None:
        """All wheels that are here, by one uv on all cores: stage by stage some would have nothing to do."""
        wanted = lock.through(tuple(stage for stage in PACKAGE_STAGES if _number(stage) in asked))
        here = {p.name: p.stage for p in missing(wanted, installed(environment)) if p.url.startswith("file:")}
        self._waves = [Wave(_HERE, here)]
        self._start(_HERE, partial(self._fetch_waves, self._waves, lock.pylock))

    def wait_for(self, stage: str) -> None:
        """Wait until nothing that `stage` installs is being fetched here. Raises `Cancelled`."""
        awaited = [wave for wave in self._waves if stage in wave.packages.values()]
        for there in (self._pinned_there, *(wave.there for wave in awaited)):
            while not there.wait(_POLL_S):
                if self._cancel.is_set():
                    raise Cancelled
                for leader in (leader for wave in awaited for leader in wave.leaders):
                    priority.take_turn(leader)  # on a busy machine it would otherwise keep the stage waiting for long

    def end(self) -> None:
        """Stop whatever is still being fetched, and clear up."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        for folder in self._work.glob("fetched-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _start(self, name: str, work: Callable[[], None]) -> None:
        def fetch() -> None:
            with suppress(DeployError, OSError):  # the stage itself, or the resolver of the whole set, says it better
                work()

        self._threads.append(threads.begin(fetch, f"fetch {name}"))

    def _fetch_pins(self, question: Question) -> None:
        try:
            lock = resolve(question, self._host(), self._home)
            while not self._allowed.wait(_POLL_S):
                if self._over.is_set() or self._cancel.is_set():
                    return
            self._fetch(Wave(_PINS, {package.name: package.stage for package in lock.packages}), lock.pylock)
        finally:
            self._pinned_there.set()

    def _fetch_waves(self, several: Collection[Wave], everything: str) -> None:
        try:
            for wave in several:
                if wave.packages:
                    self._fetch(wave, pylock.only(everything, wave.packages))
                wave.there.set()
        finally:
            for wave in several:
                wave.there.set()  # whatever happened here, no stage waits for it any longer

    def _fetch(self, wave: Wave, packages: str) -> None:
        """Fill the cache with a lock file's packages. By a lock file, because uv looks where it came from first."""
        name, there = wave.name, threading.Event()
        self._work.mkdir(parents=True, exist_ok=True)
        file = self._work / f"pylock.fetch-{name}.toml"
        file.write_text(packages, encoding="utf-8")
        command = [
            self._uv, "pip", "install", "--no-deps", "--color", "never", "--python", str(self._python),
            "--python-platform", self._question.platform, "--target", str(self._work / f"fetched-{name}"),
            "-r", str(file), "--preview-features", "pylock",
        ]  # fmt: skip
        question = self._question
        sources = uv.source_flags(question.sources, question.base, offline=question.offline)
        downloads = Downloads(self._by_stage(wave.packages))

        def started(process: Spawned) -> None:
            self._emit(ev.ProcessStarted(3, process.pid, process.created, process.place))
            if name not in (_PINS, _HERE):  # what the next stage waits for goes first
                priority.give_way(process.pid)
                wave.leaders.append(process.pid)

        try:
            if not self._empty and self._is_there([*command, *sources]):
                return
            self._host(there.is_set).run(
                [*command, *sources], environment=self._environment, folder=self._work, on_screen=downloads.watch,
                on_line=lambda line: there.set() if line.startswith(_FETCHED) else None, on_start=started,
            )  # fmt: skip
        except DeployError:
            pass  # ended by us, here or by the run
        finally:
            wave.leaders.clear()
        if there.is_set():
            downloads.finish()

    def _is_there(self, command: list[str]) -> bool:
        done = self._host().run([*command, "--dry-run", "--offline"], environment=self._environment, folder=self._work)
        return done.code == 0 and "Would install" in done.output and "Would download" not in done.output

    def _host(self, over: Callable[[], bool] = lambda: False) -> LocalHost:
        """Whose programs end with this, with the run, or when it is `over`."""
        return LocalHost(self._home.cache, lambda: self._over.is_set() or self._cancel.is_set() or over())

    def _by_stage(self, owners: Mapping[str, str]) -> Callable[[str, int, int | None], None]:
        """Hands on bytes under the number of the stage that the package belongs to."""
        sparing = ThrottledProgress()

        def tell(name: str, done: int, total: int | None) -> None:
            if owner := owners.get(canonicalize_name(name)):
                sparing.progress(_number(owner), name, done, total, self._emit)

        return tell


def _pinned(question: Question) -> Question:
    """The same question about the exact pins only, of the stages that have no choice; only PyTorch provides others."""
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
    """Normal names of what the package stages of `recipe` require."""
    taken = [one for name in PACKAGE_STAGES for one in recipe.package_stage(name).alternatives]
    return {pylock.requirement_name(requirement) for one in taken for requirement in one.requires}


def waves(packages: Collection[LockedPackage]) -> list[Wave]:
    """First the large ones, then for each stage the others."""
    large = {p.name: p.stage for p in packages if unpacked_bytes(p.name, p.bytes, p.version) >= _LARGE}
    others = [p for p in packages if p.name not in large]
    by_stage = [Wave(stage, {p.name: stage for p in others if p.stage == stage}) for stage in PACKAGE_STAGES]
    return [Wave("large", large), *by_stage]


def _number(name: str) -> int:
    return next(stage.number for stage in STAGES if stage.name == name)
