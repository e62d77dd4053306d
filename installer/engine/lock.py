"""One engine per home: an advisory lock that the kernel drops when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from installer.core.errors import LockedError
from installer.core.runs.home import Home


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a home."""

    pid: int
    run: str


@contextmanager
def held(home: Home, run: str) -> Iterator[None]:
    """Hold `home` for `run`. Raises `LockedError` where somebody else does."""
    home.root.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home.engine_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _locked(home, holder(home)) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "run": run}).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(home: Home) -> Holder | None:
    """Who holds `home` now; `None` where nobody does."""
    try:
        descriptor = os.open(home.engine_lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _written(os.pread(descriptor, 4096, 0))
    finally:
        os.close(descriptor)
    return None


def _written(content: bytes) -> Holder:
    try:
        body = json.loads(content)
        return Holder(int(body["pid"]), str(body["run"]))
    except (ValueError, KeyError, TypeError):
        return Holder(0, "")


def _locked(home: Home, who: Holder | None) -> LockedError:
    named = f"Run {who.run} (process {who.pid}) holds it." if who and who.run else "Another engine holds it."
    return LockedError(
        f"Another run is writing {home.root}.",
        named,
        "Watch it with `deploy-tui`, wait for it, or stop it with `deploy-tui cancel`.",
    )
