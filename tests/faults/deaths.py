"""Deaths of a watched server in a row: `python -m tests.faults.deaths --count 100 [--seed N]`.

The stand-in makes its tokens in a worker of its own, has children that ignore SIGTERM and one that left its session.
After each death it must generate again, with none of the old processes left; at the end nothing is left at all.
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
from dataclasses import dataclass
from pathlib import Path
from random import Random

from installer.core.contracts.serving import LaunchSpec
from installer.core.contracts.watching import Watching, token_request
from installer.core.runs.home import Home
from installer.host import incidents, process_table, scratch, server_folder, serving
from installer.host.bare_http import ask
from installer.host.server_state import read_state

SERVER = Path(__file__).parents[1] / "stand_ins/openai_server.py"
WATCHING = Watching(every_s=0.3, patience_s=2.0, pause_s=0.05, longest_pause_s=0.2, per_hour=100_000)
BOUND_S = 60.0
"""A start, two questions without an answer, and the evidence, on a machine that is busy."""
_BY = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGTERM, signal.SIGINT, signal.SIGFPE)


@dataclass(frozen=True)
class Death:
    what: str
    seconds: float
    kind: str
    """That of its incident."""
    broken: str
    """What did not hold; empty: all did."""


def in_a_row(home: Home, dice: Random, count: int) -> Iterator[Death]:
    """So many, each as soon as the server is back."""
    pid = launched(home)
    try:
        for _ in range(count):
            death = _one(home, dice, pid)
            yield death
            pid = read_state(home).pid
    finally:
        place = scratch.place(home.server.resolve())
        serving.stop(home, 2)
        assert not _ours(home), _ours(home)
        assert not place.exists(), place


def launched(home: Home) -> int:
    """A server that is ready and watched; its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    spec = LaunchSpec(
        command=(sys.executable, str(SERVER), "--port", str(port), "--through-worker", "--children", "1",
                 "--runaways", "1"),
        host="127.0.0.1", port=port, model="/m", served_as="tiny", recipe="mini", engine="vllm", stop_timeout_s=2,
        watching=WATCHING,
    )  # fmt: skip
    serving.launch(home, spec, dict(os.environ))
    _until(lambda: _answers(spec.url), BOUND_S)
    serving.mark_ready(home, 1.0)
    _until(lambda: _family(home) >= 4, BOUND_S)
    return read_state(home).pid


def _one(home: Home, dice: Random, pid: int) -> Death:
    before = {one for one, _ in _processes(home)}
    known = len(incidents.all_of(home.server)) and incidents.all_of(home.server)[-1].id
    worker = _worker(pid)
    target, name = (pid, "server") if dice.random() < 0.5 or worker is None else (worker, "worker")
    number = signal.SIGSTOP if dice.random() < 0.25 else dice.choice(_BY)
    time.sleep(dice.random() * 0.5)
    began = time.monotonic()
    with suppress(ProcessLookupError):
        os.kill(target, number)
    back = _until(lambda: _back(home, pid), BOUND_S)
    seconds = time.monotonic() - began
    _until(lambda: _family(home) >= 4, BOUND_S)
    newest = incidents.all_of(home.server)[-1]
    left = [p for p in before if (one := process_table.one(p)) and one.alive and p != read_state(home).supervisor]
    broken = "" if back else f"not back within {BOUND_S:.0f} s: {read_state(home)}"
    broken = broken or (f"left: {left}" if left else "" if newest.id != known else "no incident")
    return Death(f"{number.name} to its {name}", seconds, newest.kind, broken)


def _back(home: Home, pid: int) -> bool:
    state = read_state(home)
    return state.state == "ready" and state.pid not in (0, pid) and _answers(state.url)


def _answers(url: str) -> bool:
    return ask(f"{url}/v1/completions", body=token_request("tiny"), timeout_s=2.0).status == 200


def _processes(home: Home) -> list[tuple[int, int]]:
    body = server_folder.read_json(home.server / server_folder.STATE) or {}
    return [(pid, started) for pid, started in body.get("processes", ())]


def _family(home: Home) -> int:
    return len(_processes(home))


def _worker(pid: int) -> int | None:
    """The child that makes the tokens: the one whose standard input is a pipe."""
    for child in process_table.descendants([pid], process_table.table()):
        with suppress(OSError):
            if b"sys.stdin" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
    return None


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
    told = parser.parse_args()
    print(f"seed {told.seed}", flush=True)
    root = Path(tempfile.mkdtemp(prefix="deaths-"))
    deaths = []
    try:
        for death in in_a_row(Home(root), Random(told.seed), told.count):
            deaths.append(death)
            word = f"BROKEN {death.broken}" if death.broken else "held"
            print(f"{len(deaths):4} {death.seconds:5.1f} s  {death.what}: {death.kind}, {word}", flush=True)
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
