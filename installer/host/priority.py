"""Who goes first where there are too few processor cores: what can wait gives way, until someone waits for it.

Where niceness cannot be rolled back (most users, and root in most containers) no process gives way: what is starved by
everything else on a busy machine would otherwise starve what waits for it, too. It never touches a session
that was not started by us.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

from installer.core import threads

_LATER = 10
"""Niceness of what can wait."""


def give_way(pid: int) -> None:
    """Let everything else go before the session that `pid` leads, as long as `take_turn` can end that."""
    if revocable():
        _share(pid, max(_LATER, _own()), _LATER)


def take_turn(pid: int) -> None:
    """The session that `pid` leads is waited for: it gives way no longer. Doing so twice changes nothing."""
    if revocable():
        _share(pid, _own(), 0)


@cache
def revocable() -> bool:
    """Whether niceness can be rolled back here: tried, because capabilities of a user namespace do not count."""
    found: list[bool] = []
    threads.begin(lambda: found.append(_comes_back()), "niceness").join()
    return found == [True]


def _comes_back() -> bool:
    # The kernel keeps niceness by thread, and this one ends at once.
    thread, own = threading.get_native_id(), _own()
    try:
        os.setpriority(os.PRIO_PROCESS, thread, own + 1)
        os.setpriority(os.PRIO_PROCESS, thread, own)
    except OSError:
        return False
    return True


def _own() -> int:
    return os.getpriority(os.PRIO_PROCESS, os.getpid())


def _groups(session: int) -> set[int]:
    """Its process groups: build tools give each command one of its own."""
    found = {session}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getsid(int(entry.name)) == session:
                found.add(os.getpgid(int(entry.name)))
    return found


def _share(pid: int, among_all: int, among_sessions: int) -> None:
    for group in _groups(pid):
        with suppress(OSError):  # it may have ended already
            os.setpriority(os.PRIO_PGRP, group, among_all)
    with suppress(OSError):  # a kernel that shares time out between sessions first looks at this
        Path(f"/proc/{pid}/autogroup").write_text(str(among_sessions), encoding="utf-8")
