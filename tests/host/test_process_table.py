"""Which processes count as alive, on real ones."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time

import pytest

from installer.host import process_table
from tests.stand_ins.patience import PATIENCE_S

EXIT_OF_ONE_THREAD = {"x86_64": 60, "aarch64": 93}
"""The number of the system call that ends the calling thread only."""


@pytest.mark.skipif(platform.machine() not in EXIT_OF_ONE_THREAD, reason="the number of the system call is not known")
def test_a_process_whose_first_thread_has_ended_is_alive_until_the_last_one_has() -> None:
    code = (
        "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(30,)).start();"
        f"ctypes.CDLL(None).syscall({EXIT_OF_ONE_THREAD[platform.machine()]}, 0)"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    try:
        deadline = time.monotonic() + PATIENCE_S
        while "Z" not in open(f"/proc/{child.pid}/stat").read().rpartition(")")[2].split()[0]:  # noqa: SIM115
            assert time.monotonic() < deadline, "its first thread did not end"
            time.sleep(0.02)
        assert process_table.table()[child.pid].alive
    finally:
        child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    seen = process_table.one(child.pid)
    assert seen is not None and not seen.alive, "it waits for its parent, and nothing of it runs"
    child.wait()
    assert process_table.one(child.pid) is None
    assert process_table.is_alive(os.getpid(), process_table.table()[os.getpid()].started)
