"""Who died first, of what, and what is said of it. The processes are real."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.host import deaths, process_table
from installer.host.deaths import Death, Deaths

# A child that dies by the signal of its parent's first argument, and is reaped by its parent at once.
FAMILY = """
import os, signal, sys
child = os.fork()
if child == 0:
    signal.pause()
print(child, flush=True)
sys.stdin.readline()
os.kill(child, int(sys.argv[1]))
os.waitpid(child, 0)
sys.exit(3)
"""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGCHLD, before)


def noted(death: int, name: str = "worker", pid: int = 7, moment: str = "loading", ago_s: float = 1) -> Death:
    return {"pid": pid, "name": name, "code": death, "moment": moment, "at": time.time() - ago_s}


@pytest.mark.parametrize("number", [signal.SIGILL, signal.SIGSEGV, signal.SIGKILL])
def test_a_death_that_another_process_reaps_is_known(number: int) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", FAMILY, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    watched = Deaths(lambda: "serving")
    watched.follow(process_table.table(), {parent.pid, child})
    parent.communicate("go\n")
    watched.reaped(parent.pid, parent.returncode)
    watched.close()
    known = [(death["pid"], death["code"], death["moment"]) for death in watched.noted]
    if not _kernel_remembers():
        known = [entry for entry in known if entry[0] != child] + [(child, -number, "serving")]
    assert sorted(known) == sorted([(child, -number, "serving"), (parent.pid, 3, "serving")])


def test_without_handles_a_part_that_its_parent_reaped_is_lost_and_one_that_falls_to_us_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(pid: int) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(os, "pidfd_open", none)
    parent = subprocess.Popen(
        [sys.executable, "-c", FAMILY, str(int(signal.SIGKILL))], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert parent.stdout is not None
    child, moments = int(parent.stdout.readline()), ["loading"]
    watched = Deaths(lambda: moments[-1])
    watched.follow(process_table.table(), {parent.pid, child})
    moments.append("serving")
    parent.communicate("go\n")
    watched.reaped(parent.pid, parent.returncode)
    watched.close()
    # It was a zombie for a moment, in which its end could be read.
    ended = watched.lost or [death for death in watched.noted if death["pid"] == child]
    assert [(death["pid"], death["code"]) for death in ended] in ([(child, None)], [(child, -signal.SIGKILL)])
    assert (parent.pid, 3) in [(death["pid"], death["code"]) for death in watched.noted]
    assert deaths.preceding([], watched.lost, 0.0) in (*watched.lost, None)


def test_what_a_silence_followed_from() -> None:
    scheduler, asked = noted(-signal.SIGKILL, "sglang::scheduler"), noted(-signal.SIGTERM)
    fault = noted(-signal.SIGSEGV, "late")
    lost = {**noted(0, "sglang::scheduler", moment="serving"), "code": None}
    assert deaths.preceding([scheduler, noted(1)], [], 0.0) is scheduler
    assert deaths.preceding([asked, scheduler], [], 0.0) is asked
    assert deaths.preceding([scheduler, fault], [], 0.0) is fault
    assert deaths.preceding([noted(1)], [lost], 0.0) is lost
    assert deaths.preceding([scheduler], [lost], time.time()) is None
    assert deaths.preceding([noted(1)], [], 0.0) is None
    assert deaths.sentence(lost) == ("sglang::scheduler (process 7) ended while it served for an unknown reason.")


def _kernel_remembers() -> bool:
    """Whether this kernel tells of a process that was reaped (Linux 6.15); an older one only by luck."""
    release = os.uname().release.split(".")
    return (int(release[0]), int("".join(filter(str.isdigit, release[1])))) >= (6, 15)


def test_after_close_nothing_is_noted() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    watched = Deaths(lambda: "serving")
    watched.follow(process_table.table(), {process.pid})
    watched.close()
    process.kill()
    watched.reaped(process.pid, process.wait())
    assert watched.noted == []


def test_what_was_taken_up_before_close_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, going_on = threading.Event(), threading.Event()

    def slowly(pid: int, handle: int) -> int:
        taken.set()
        going_on.wait()
        return -signal.SIGKILL

    monkeypatch.setattr(deaths, "_how_it_ended", slowly)
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    watched = Deaths(lambda: "serving")
    watched.follow(process_table.table(), {process.pid})
    process.kill()
    assert taken.wait(60)
    closing = threading.Thread(target=watched.close)
    closing.start()
    closing.join(0.2)  # one that does not wait for it is through by then
    going_on.set()
    closing.join()
    process.wait()
    assert [death["pid"] for death in watched.noted] == [process.pid]


def test_a_process_that_is_gone_already_does_no_harm() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    known = process_table.one(process.pid)
    assert known is not None
    process.wait()
    watched = Deaths(lambda: "loading")
    watched.follow({process.pid: known}, {process.pid})
    watched.close()
    assert watched.noted == []


def test_who_ended_well_is_not_noted() -> None:
    watched = Deaths(lambda: "loading")
    watched.reaped(4242, 0)
    assert watched.noted == []


def test_the_first_fault_is_the_cause_and_the_rest_followed() -> None:
    chain = [noted(-signal.SIGKILL, pid=5), noted(-signal.SIGILL, pid=6, moment="first token"), noted(1, pid=1)]
    said = deaths.reason(1, 1, chain, "")
    assert said == (
        "worker (process 6) was ended by SIGILL (illegal instruction) at its first token. "
        "The server then ended by itself with exit status 1."
    )


def test_the_server_s_own_signal_is_told_with_its_moment() -> None:
    said = deaths.reason(7, -11, [noted(-11)], "")
    assert said == "The server was ended by SIGSEGV (segmentation fault) while it loaded."


def test_a_kill_counts_as_the_cause_only_where_memory_ran_out() -> None:
    killed = [noted(-signal.SIGKILL)]
    assert deaths.reason(1, 1, killed, "").startswith(
        "The server ended by itself with exit status 1. Before that, worker"
    )
    said = deaths.reason(1, 1, killed, "Memory ran out.")
    assert said.startswith("worker (process 7) was ended by SIGKILL") and said.endswith("Memory ran out.")


def test_status_0_is_no_reason_where_a_part_failed() -> None:
    said = deaths.reason(1, 0, [noted(1, "VLLM::EngineCore")], "")
    assert said.startswith("VLLM::EngineCore (process 7) ended with exit status 1 while it loaded.")


def test_who_was_asked_to_end_or_ended_long_ago_explains_nothing() -> None:
    old = [noted(-signal.SIGTERM), noted(-signal.SIGSEGV, ago_s=1000)]
    assert deaths.reason(1, 2, old, "") == "The server ended by itself with exit status 2."


def test_a_process_is_called_as_it_calls_itself(tmp_path: Path) -> None:
    own = process_table.one(os.getpid())
    assert own is not None and deaths.title(own)
    assert deaths.title(own._replace(name="VLLM::EngineCor")) == "VLLM::EngineCor"
