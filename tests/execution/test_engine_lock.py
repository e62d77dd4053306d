"""One engine per home, also when its holder is killed."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Timer

import pytest

from installer.core.errors import DamagedError, ExitCode, LockedError
from installer.core.runs.home import Home
from installer.execution.lock import Holder, held, holder, same, take

HOLD = """
import sys, time
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from installer.core.runs.home import Home
from installer.execution.lock import held
with held(Home(Path(sys.argv[1])), "other"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_held_home_names_its_holder_until_it_is_killed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert holder(home) is None
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert other.stdout and other.stdout.readline() == b"held\n"
    who = holder(home)
    assert who and (who.run, who.pid) == ("other", other.pid)
    with pytest.raises(LockedError) as caught, held(home, "mine"):
        pass
    assert caught.value.exit_code == ExitCode.LOCKED
    assert "other" in caught.value.why
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert holder(home) is None
    with held(home, "mine"):
        assert holder(home).run == "mine"  # type: ignore[union-attr]


def test_a_lock_that_is_handed_down_holds_until_its_last_copy_is_closed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    lock = take(home, "first")
    other = subprocess.Popen(
        [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"], pass_fds=(lock,),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert other.stdout and other.stdout.readline() == b"up\n"
    os.close(lock)
    with pytest.raises(LockedError, match="Another run"):
        take(home, "second")
    assert holder(home) == Holder(os.getpid(), "first"), "a refused one must not sign"
    other.communicate()
    os.close(take(home, "second"))


def test_looking_who_holds_a_home_refuses_nobody(tmp_path: Path) -> None:
    home = Home(tmp_path)
    os.close(take(home, "first"))
    wheel_lookups = os.open(home.engine_lock, os.O_RDONLY)
    fcntl.flock(wheel_lookups, fcntl.LOCK_SH)
    Timer(0.05, os.close, [wheel_lookups]).start()
    os.close(take(home, "second"))


@pytest.mark.parametrize("plant", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/null")])
def test_a_lock_that_is_no_file_is_named(tmp_path: Path, plant: Callable[[Path], object]) -> None:
    home = Home(tmp_path)
    plant(home.engine_lock)
    assert holder(home) is None
    with pytest.raises(DamagedError, match=r"engine\.lock"):
        take(home, "r")


def test_a_home_that_was_removed_is_noticed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    lock = take(home, "r")
    assert same(home, lock)
    home.engine_lock.unlink()
    assert not same(home, lock)
    os.close(take(home, "r"))
    assert not same(home, lock)
    os.close(lock)
