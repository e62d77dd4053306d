"""Starting, finding, following and cancelling runs. Talks to the installer process through files only."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

from installer.core.files.typed import typed
from installer.core.runs.events import Entry, RunFinished, entries
from installer.core.runs.home import Home, RunFolder
from installer.core.runs.request import Request
from installer.disk.reading import damaged, open_own, read_json
from installer.disk.writing import sync_folder, write_atomically
from installer.execution import lock as engine_lock
from installer.host import process

_POLL_S = 0.1
_STAMP = "%Y%m%d-%H%M%S"
_GONE_AFTER_S = 10.0
"""An installer process that has written nothing after this long and holds no lock never started."""


def new(home: Home, request: Request) -> tuple[RunFolder, int]:
    """A folder for a new run, with the request in it, and the lock on the home that is the run's from now on.

    Raises `LockedError` if a run holds this home.
    """
    lock = engine_lock.take(home, "")
    try:
        run = _new_folder(home)
        engine_lock.sign(lock, run.id)
        body = {**request.to_json(), "server": home.server_name}
        write_atomically(run.request, json.dumps(body, indent=1))
        sync_folder(home.runs)
    except BaseException:
        os.close(lock)
        raise
    return run, lock


def _new_folder(home: Home) -> RunFolder:
    """Named by the time, and later than all that are there: names are the order, also where a clock was set back."""
    home.runs.mkdir(parents=True, exist_ok=True)
    times = [found for folder in home.runs.iterdir() if (found := _time_of(folder.name))]
    time = max([datetime.now(timezone.utc), *(earlier + timedelta(seconds=1) for earlier in times)])
    run = home.run(f"{time.strftime(_STAMP)}-{os.getpid()}")
    run.root.mkdir()
    return run


def _time_of(name: str) -> datetime | None:
    try:
        return datetime.strptime(name[:15], _STAMP).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def spawn(home: Home, run: RunFolder, lock: int) -> int:
    """Start the installer process of `run` and give it the `lock`; its pid."""
    command = [process.own_python(), "-I", "-m", "installer.session.worker", str(home.root), run.id, str(lock)]
    command += [home.server_name] if home.server_name else []
    try:
        return process.spawn_detached(command, os.environ, run.root / "engine.log", hand_down=(lock,))
    finally:
        os.close(lock)


def request_of(run: RunFolder) -> Request:
    """What was requested of `run`. Raises `DamagedError`."""
    body = read_json(run.request)
    try:
        return typed(Request, body)
    except ValueError as error:
        raise damaged(run.request, str(error)) from None


def running(home: Home) -> RunFolder | None:
    """The run that holds this home now."""
    who = engine_lock.holder(home)
    return home.run(who.run) if who and who.run else None


def latest(home: Home) -> RunFolder | None:
    """The newest run that wrote anything."""
    if not home.runs.is_dir():
        return None
    named = [RunFolder(folder) for folder in sorted(home.runs.iterdir()) if (folder / "journal.jsonl").is_file()]
    return named[-1] if named else None


def cancel(run: RunFolder) -> None:
    """Ask the installer process of `run` to stop and to roll back what it was doing."""
    run.cancel.touch()


class Pulse:
    """Whether a process still writes the journal of a run."""

    def __init__(self, home: Home, run: RunFolder) -> None:
        self._home, self._run = home, run
        self._since = time.monotonic()
        self._dead = False

    @property
    def gone(self) -> bool:
        """Whether no process writes it any more, checked twice with some time between; a start takes a while."""
        if self._dead:
            return True
        who = engine_lock.holder(self._home)
        if who and who.run == self._run.id:
            self._since = time.monotonic()
            return False
        grace = 0.5 if self._run.journal.exists() else _GONE_AFTER_S
        self._dead = time.monotonic() - self._since > grace
        return False


class Tail:
    """Follows the journal of a run, from its first line."""

    def __init__(self, home: Home, run: RunFolder) -> None:
        self._run = run
        self._pulse = Pulse(home, run)
        self._offset = 0
        self._finished = False

    def poll(self) -> list[Entry]:
        """What was written since the last time. Raises `DamagedError`."""
        try:
            with os.fdopen(open_own(self._run.journal), "rb") as file:
                file.seek(self._offset)
                found, read = entries(file.read())
        except FileNotFoundError:
            return []
        self._offset += read
        self._finished = self._finished or any(isinstance(entry.event, RunFinished) for entry in found)
        return found

    @property
    def ended(self) -> bool:
        """Whether nothing more will come: the run is over, or its process is gone."""
        return self._finished or self._pulse.gone

    @property
    def killed(self) -> bool:
        """Whether the process is gone without an end in its journal."""
        return not self._finished and self._pulse.gone


def follow(tail: Tail, wait: Callable[[float], None] = time.sleep) -> Iterator[Entry]:
    """Every entry of a run until it ends."""
    while True:
        over = tail.ended
        yield from tail.poll()
        if over:
            return
        wait(_POLL_S)


def wait_released(home: Home, run: RunFolder, limit_s: float = 5.0) -> None:
    """After a run's last event: wait until its process has released the home."""
    deadline = time.monotonic() + limit_s
    while (who := engine_lock.holder(home)) and who.run == run.id and time.monotonic() < deadline:
        time.sleep(0.01)
