"""One installer process per home: an advisory lock that the kernel drops when its holder dies, however it dies.

The command takes the lock and passes it on to the process, so that of two that start at once exactly one is refused.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from installer.core.errors import DamagedError, LockedError
from installer.core.files.typed import typed
from installer.core.runs.home import Home
from installer.disk.reading import open_own

_BUSY = (errno.EWOULDBLOCK, errno.EACCES)
_LONGEST = 4096
_A_LOOK_S = 0.3


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that has locked a home."""

    pid: int
    run: str


def take(home: Home, run: str) -> int:
    """A descriptor that locks `home` for `run` until the last copy of it is closed.

    Raises `LockedError` if someone else does, `DamagedError` if the lock is no file of ours.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    descriptor = _opened(home)
    try:
        _flock(descriptor)
        sign(descriptor, run)
    except OSError as error:
        who = _written(os.pread(descriptor, _LONGEST, 0))
        os.close(descriptor)
        if error.errno in _BUSY:
            raise _locked(home, who) from error
        raise
    return descriptor


def _flock(descriptor: int) -> None:
    """Raises `OSError` if another process holds it for longer than it takes to read who does (`holder`)."""
    deadline = time.monotonic() + _A_LOOK_S
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def sign(descriptor: int, run: str) -> None:
    """Write our identity into a lock that we hold."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "run": run}).encode(), 0)


@contextmanager
def held(home: Home, run: str, handed: int | None = None) -> Iterator[None]:
    """Hold `home` for `run`; with the lock that was `handed` over, if one was. Raises like `take`."""
    descriptor = take(home, run) if handed is None else handed
    try:
        if handed is not None:
            sign(descriptor, run)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def same(home: Home, descriptor: int) -> bool:
    """Whether the lock that we hold is still the one of this home: false if the home or its disk is gone."""
    try:
        found, ours = os.lstat(home.engine_lock), os.fstat(descriptor)
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino)


def holder(home: Home) -> Holder | None:
    """The process that has locked `home` now; `None` if there is none."""
    try:
        descriptor = open_own(home.engine_lock)
    except (OSError, DamagedError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _written(os.pread(descriptor, _LONGEST, 0))
    finally:
        os.close(descriptor)
    return None


def _opened(home: Home) -> int:
    while True:
        try:
            return open_own(home.engine_lock, os.O_RDWR)
        except FileNotFoundError:
            pass
        try:
            return os.open(home.engine_lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            continue  # someone else made it since


def _written(content: bytes) -> Holder:
    try:
        return typed(Holder, json.loads(content))
    except (ValueError, RecursionError):
        return Holder(0, "")


def _locked(home: Home, who: Holder) -> LockedError:
    named = f"Run {who.run} (process {who.pid}) holds it." if who.run else "Another process holds it."
    return LockedError(
        f"Another run is writing {home.root}.",
        named,
        "Watch it with `deploy-tui`, wait for it, or stop it with `deploy-tui cancel`.",
    )
