"""Deaths of a watched server in a row: `python -m tests.faults.deaths --count 100 [--seed N] [--first N] [--home DIR]`.

The stand-in makes its tokens in a worker of its own, has children that ignore SIGTERM and one that left its session;
`--home` takes the real server of that home instead, as it was last launched, on a port and in a folder of its own.
After each death it must generate again, with none of the old processes left; at the end nothing is left at all.
Seed and number decide a death, so a row that was cut short goes on with `--first`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from installer.core.contracts.serving import LaunchSpec, launch_from_json
from installer.core.contracts.watching import Watching, token_request
from installer.core.runs.home import Home
from installer.host import incidents, process_table, scratch, server_folder, serving
from installer.host.bare_http import ask
from installer.host.server_state import read_state

SERVER = Path(__file__).parents[1] / "stand_ins/openai_server.py"
_BY = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGTERM, signal.SIGINT, signal.SIGFPE)
_UNCAUGHT = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE)
"""Those that an engine's own processes do not take for something else (vLLM's ignore SIGINT)."""
_LARGE = 200 * 2**20
"""Bytes in memory from which on a process of a real server does work of its own."""


@dataclass(frozen=True)
class Subject:
    """A server that is to die and come back."""

    spec: LaunchSpec
    bound_s: float
    """A start, two questions without an answer, and the evidence, on a machine that is busy."""
    family: int
    """So many processes at least, once it is whole."""
    stop_s: float


@dataclass(frozen=True)
class Death:
    what: str
    seconds: float
    kind: str
    """That of its incident."""
    broken: str
    """What did not hold; empty: all did."""


def in_a_row(home: Home, seed: int, numbers: range, subject: Subject | None = None) -> Iterator[Death]:
    """Those of these numbers, each as soon as the server is back."""
    subject = subject or stand_in()
    pid = launched(home, subject)
    try:
        for number in numbers:
            yield _one(home, Random(f"{seed}-{number}"), pid, subject)
            pid = read_state(home).pid
    finally:
        place = scratch.place(home.server.resolve())
        serving.stop(home, subject.stop_s)
        assert not _ours(home), _ours(home)
        assert not place.exists(), place


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stand_in() -> Subject:
    port = _free_port()
    spec = LaunchSpec(
        command=(sys.executable, str(SERVER), "--port", str(port), "--through-worker", "--children", "1",
                 "--runaways", "1"),
        host="127.0.0.1", port=port, model="/m", served_as="tiny", recipe="mini", engine="vllm", stop_timeout_s=2,
        watching=_watching(0.3, 2.0),
    )  # fmt: skip
    return Subject(spec, bound_s=60.0, family=4, stop_s=2.0)


def real(home: Home) -> Subject:
    """The server that was last launched in this home."""
    spec = launch_from_json(server_folder.read_json(home.server / server_folder.LAUNCH))
    assert spec, f"no server was ever launched in {home}"
    port = _free_port()
    command = tuple(str(port) if word == str(spec.port) else word for word in spec.command)
    spec = replace(spec, command=command, port=port, watching=_watching(2.0, 20.0))
    return Subject(spec, bound_s=400.0, family=2, stop_s=30.0)


def _watching(every_s: float, patience_s: float) -> Watching:
    """Without the pauses and the hourly limit of a real one."""
    return Watching(every_s=every_s, patience_s=patience_s, pause_s=0.05, longest_pause_s=0.2, per_hour=100_000)


def launched(home: Home, subject: Subject) -> int:
    """A server that is ready and watched; its process."""
    spec = subject.spec
    serving.stop(home, subject.stop_s)
    serving.launch(home, spec, dict(os.environ))
    assert _until(lambda: _answers(spec), subject.bound_s), serving.tail(home, 30)
    serving.mark_ready(home, 1.0)
    _until(lambda: _family(home) >= subject.family, subject.bound_s)
    return read_state(home).pid


def _one(home: Home, dice: Random, pid: int, subject: Subject) -> Death:
    before = _processes(home)
    known = len(incidents.all_of(home.server)) and incidents.all_of(home.server)[-1].id
    workers = _workers(pid)
    target, name = (pid, "server") if dice.random() < 0.5 or not workers else (dice.choice(workers), "worker")
    number = signal.SIGSTOP if dice.random() < 0.25 else dice.choice(_BY if target == pid else _UNCAUGHT)
    time.sleep(dice.random() * 0.5)
    began = time.monotonic()
    with suppress(ProcessLookupError):
        os.kill(target, number)
    back = _until(lambda: _back(home, pid, subject.spec), subject.bound_s)
    seconds = time.monotonic() - began
    _until(lambda: _family(home) >= subject.family, subject.bound_s)
    newest = incidents.all_of(home.server)[-1]
    # By number and start: on a busy machine numbers come around within a restart.
    left = [one for one, at in before if process_table.is_alive(one, at) and one != read_state(home).supervisor]
    broken = "" if back else f"not back within {subject.bound_s:.0f} s: {read_state(home)}"
    broken = broken or (f"left: {left}" if left else "" if newest.id != known else "no incident")
    return Death(f"{number.name} to its {name}", seconds, newest.kind, broken)


def _back(home: Home, pid: int, spec: LaunchSpec) -> bool:
    state = read_state(home)
    return state.state == "ready" and state.pid not in (0, pid) and _answers(spec)


def _answers(spec: LaunchSpec) -> bool:
    return ask(f"{spec.url}/v1/completions", body=token_request(spec.served_as), timeout_s=2.0).status == 200


def _processes(home: Home) -> list[tuple[int, int]]:
    body = server_folder.read_json(home.server / server_folder.STATE) or {}
    return [(pid, started) for pid, started in body.get("processes", ())]


def _family(home: Home) -> int:
    return len(_processes(home))


def _workers(pid: int) -> list[int]:
    """Its children that do the work: the stand-in's makes the tokens, those of a real engine are large."""
    found = process_table.descendants([pid], process_table.table())
    return [child for child in found if _works(child)]


def _works(pid: int) -> bool:
    with suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        large = pages * os.sysconf("SC_PAGE_SIZE") > _LARGE
        return large or b"sys.stdin" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _ours(home: Home) -> list[str]:
    processes = process_table.table()
    found = process_table.marked(server_folder.marker(home.server.resolve()), processes)
    return [str(processes[pid]) for pid in found if processes[pid].alive]


def _until(condition: Callable[[], bool], limit_s: float) -> bool:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.deaths", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--first", type=int, default=1, help="the number of the first one, where a row goes on")
    parser.add_argument("--home", type=Path, help="a home whose real server is to die, instead of the stand-in")
    told = parser.parse_args()
    print(f"seed {told.seed}", flush=True)
    root = Path(tempfile.mkdtemp(prefix="deaths-"))
    deaths = []
    try:
        numbers = range(told.first, told.first + told.count)
        subject = real(Home(told.home)) if told.home else None
        for number, death in zip(numbers, in_a_row(Home(root), told.seed, numbers, subject), strict=False):
            deaths.append(death)
            word = f"BROKEN {death.broken}" if death.broken else "held"
            print(f"{number:4} {death.seconds:5.1f} s  {death.what}: {death.kind}, {word}", flush=True)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    kinds = Counter(death.kind for death in deaths)
    slowest = max(death.seconds for death in deaths)
    middle = sorted(death.seconds for death in deaths)[len(deaths) // 2]
    broken = sum(bool(death.broken) for death in deaths)
    print(
        f"{dict(kinds)}; back after {middle:.1f} s in the middle, {slowest:.1f} s at most; {broken} broken", flush=True
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
