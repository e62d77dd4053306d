"""Fetches packages beside a run, before the stage that installs them comes to its turn.

While the resolver waits for the index, what the recipe pins exactly is fetched already; once the packages are known,
those of the later stages are fetched while the earlier ones are installed. It only fills uv's cache: nothing depends on
it, a failure of it is not told, and the stage then fetches for itself.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from installer.core import events as ev
from installer.core.errors import Cancelled, DeployError
from installer.core.home import Home
from installer.core.lock import Lock
from installer.engine.context import Sparing
from installer.foresight import pylock, uv
from installer.foresight.resolution import PACKAGE_STAGES, Question
from installer.host.local import LocalHost
from stages import STAGES
from stages.packages import installed, missing
from stages.uv_output import Downloads

_POLL_S = 0.05
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(\[[^\]]*\])?==([^\s*,;]+)$")
_FETCHED = ("Prepared ", "Installed ")
"""What uv says once everything is in its cache; it is ended there, because nobody wants what it would install."""


class Prefetch:
    """Two uv processes at a time at most: one for the pins, one for the rest."""

    def __init__(
        self, question: Question, home: Home, work: Path, emit: Callable[[ev.Event], None], cancel: threading.Event
    ) -> None:
        self._question, self._home, self._work, self._emit = question, home, work, emit
        self._cancel, self._over = cancel, threading.Event()
        self._threads: list[threading.Thread] = []
        self._pinning: threading.Thread | None = None
        self._waiting: dict[str, threading.Event] = {}
        host = LocalHost(home.cache)
        self._python = host.python(question.python)
        # Here and not in the threads: what it asks Python about itself cannot be asked by two at the same time.
        self._uv = host.uv()

    def pins(self) -> None:
        """Fetch what the recipe pins exactly, without waiting for the resolver."""
        found = dict(_pins(self._question))
        if self._python is None or not found:
            return
        flags = ("--python-version", self._question.python, "--python-platform", self._question.platform)
        owners = {pylock.requirement_name(pin): stage for pin, stage in found.items()}
        self._work.mkdir(parents=True, exist_ok=True)
        self._start("pins", lambda: self._fetch("pins", [*flags, "--no-build", *found], owners))

    def rest(self, lock: Lock, environment: Path | None, asked: Collection[int]) -> None:
        """Fetch what the stages after the first will install into `environment`, in their order."""
        if self._python is None or self._question.offline:
            return
        have = installed(environment)
        pins = _pins(self._question) if self._pinning else ()
        pinned = {pylock.requirement_name(pin) for pin, _ in pins}
        self._work.mkdir(parents=True, exist_ok=True)
        for stage in PACKAGE_STAGES[1:]:
            names = {package.name for package in missing(lock.of(stage), have)} - pinned
            if names and _number(stage) in asked:
                self._waiting[stage] = threading.Event()
                file = self._work / f"pylock.fetch-{stage}.toml"
                file.write_text(pylock.only(lock.pylock, names), encoding="utf-8")
        self._start("rest", self._fetch_stages)

    def settle(self, stage: str) -> None:
        """Wait until nothing that `stage` installs is being fetched here. Raises `Cancelled`."""
        pinning, there = self._pinning, self._waiting.get(stage)
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

    def _start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=f"fetch {name}", daemon=True)
        self._threads.append(thread)
        if name == "pins":
            self._pinning = thread
        thread.start()

    def _fetch_stages(self) -> None:
        try:
            for stage, there in self._waiting.items():
                file = self._work / f"pylock.fetch-{stage}.toml"
                owners = dict.fromkeys(_names(file), stage)
                self._fetch(stage, ["-r", str(file), "--preview-features", "pylock"], owners)
                there.set()
        finally:
            for there in self._waiting.values():
                there.set()  # whatever happened here, no stage waits for it any longer

    def _fetch(self, name: str, wanted: Sequence[str], owners: Mapping[str, str]) -> None:
        there = threading.Event()
        host = LocalHost(self._home.cache, lambda: self._over.is_set() or self._cancel.is_set() or there.is_set())
        environment = uv.environment(self._question.base, self._home, self._question.sources)
        command = [
            self._uv, "pip", "install", "--no-deps", "--color", "never", "--python", str(self._python),
            "--target", str(self._work / f"fetched-{name}"), *wanted,
        ]  # fmt: skip
        sources = uv.source_flags(self._question.sources, self._question.base)
        downloads = Downloads(self._teller(owners))
        try:
            dry = host.run([*command, "--dry-run", *sources, "--offline"], environment=environment, folder=self._work)
            if dry.code == 0 and "Would download" not in dry.output:
                return
            host.run(
                [*command, *sources], environment=environment, folder=self._work, on_screen=downloads.watch,
                on_line=lambda line: there.set() if line.startswith(_FETCHED) else None,
                on_start=lambda started: self._emit(ev.ProcessStarted(3, started.pid, started.created)),
            )  # fmt: skip
        except DeployError:
            pass  # ended by us, here or by the run
        if there.is_set():
            downloads.finish()

    def _teller(self, owners: Mapping[str, str]) -> Callable[[str, int, int | None], None]:
        """Hands on bytes under the number of the stage that the package belongs to."""
        sparing = Sparing()

        def tell(name: str, done: int, total: int | None) -> None:
            if owner := owners.get(pylock.normal(name)):
                sparing.progress(_number(owner), name, done, total, self._emit)

        return tell


def _pins(question: Question) -> list[tuple[str, str]]:
    """The exact pins of stages that have no choice and no index of their own, each with its stage."""
    found = []
    for stage in PACKAGE_STAGES:
        taken = question.recipe.package_stage(stage).alternatives
        if len(taken) == 1 and taken[0].index is None:
            matches = map(_PIN.match, taken[0].requires)
            found += [(f"{match[1]}=={match[3]}", stage) for match in matches if match]
    return found


def _names(file: Path) -> list[str]:
    return [str(package["name"]) for package in pylock.packages(file.read_text(encoding="utf-8"))]


def _number(name: str) -> int:
    return next(stage.number for stage in STAGES if stage.name == name)
