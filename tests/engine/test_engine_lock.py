"""One engine per home, also when its holder is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from installer.core.errors import ExitCode, LockedError
from installer.core.runs.home import Home
from installer.engine.lock import held, holder

HOLD = """
import sys, time
from pathlib import Path
from installer.core.runs.home import Home
from installer.engine.lock import held
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
