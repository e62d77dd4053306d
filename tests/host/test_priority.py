"""Who gives way, and takes its turn again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.host import priority


@pytest.fixture
def child() -> Iterator[int]:
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process.pid
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    priority.revocable.cache_clear()
    yield
    priority.revocable.cache_clear()


def niceness(pid: int) -> tuple[int, str]:
    """Of its process, and of its session where the kernel shares time out between sessions."""
    sharing = Path(f"/proc/{pid}/autogroup")
    told = sharing.read_text() if sharing.exists() else ""
    return os.getpriority(os.PRIO_PROCESS, pid), told.rpartition("nice ")[2].strip()


def test_a_session_gives_way_until_it_is_waited_for(child: int) -> None:
    before = niceness(child)
    priority.give_way(child)
    given = max(10, before[0]) if priority.revocable() else before[0]
    assert niceness(child) == (given, ("10" if priority.revocable() else "0") if before[1] else "")
    priority.take_turn(child)
    assert niceness(child) == before


def test_all_process_groups_of_a_session_give_way_and_take_their_turn() -> None:
    if not priority.revocable():
        pytest.skip("niceness cannot be taken back here")
    tool = "import os, subprocess; print(subprocess.Popen(['sleep', '60'], process_group=0).pid, flush=True); os.wait()"
    with subprocess.Popen([sys.executable, "-c", tool], start_new_session=True, stdout=subprocess.PIPE) as leader:
        assert leader.stdout is not None
        command = int(leader.stdout.readline())
        try:
            before = niceness(command)
            priority.give_way(leader.pid)
            assert niceness(command)[0] == max(10, before[0])
            priority.take_turn(leader.pid)
            assert niceness(command)[0] == before[0]
        finally:
            os.kill(command, signal.SIGKILL)
            leader.kill()


def test_nobody_gives_way_for_good(child: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = niceness(child), os.setpriority

    def as_a_plain_user(which: int, who: int, niceness: int) -> None:
        if niceness < os.getpriority(which, who):
            raise PermissionError
        real(which, who, niceness)

    monkeypatch.setattr(os, "setpriority", as_a_plain_user)
    priority.give_way(child)
    assert not priority.revocable()
    assert niceness(child) == before


def test_asking_leaves_our_own_niceness_alone() -> None:
    before = niceness(os.getpid())
    priority.revocable()
    assert niceness(os.getpid()) == before


def test_one_that_is_gone_is_no_error() -> None:
    with subprocess.Popen(["true"], start_new_session=True) as gone:
        pass
    priority.give_way(gone.pid)
    priority.take_turn(gone.pid)
