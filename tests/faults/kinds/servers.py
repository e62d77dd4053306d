"""A server that answers, and what befalls it, its supervisor, its home or its volume: nothing of it may stay behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from installer.core.contracts.serving import LaunchSpec
from installer.core.runs.home import Home
from installer.host import scratch, serving
from installer.host.server_state import read_state
from tests.faults.kinds.mounts import mount, unmount
from tests.faults.testbed import ROOT, Ground, Said

_SERVER = ROOT / "tests/stand_ins/openai_server.py"
_SOON_S = 25.0
"""The supervisor looks every 10 s whether its home is there."""


def try_one(ground: Ground, dice: Random) -> str:
    name = dice.choice(sorted(_WAYS))
    if "200 characters" in name:
        _move_deep(ground)
    if name == "its volume is unmounted":
        _on_a_volume(ground)
    place = scratch.place(ground.home.server.resolve())
    _launch(ground)
    (place / "left behind").touch()
    _WAYS[name](ground)
    ground.tool("server", "status")
    stopped = ground.tool("server", "stop")
    _nothing_stays(ground, place, stopped)
    ground.repair()
    ground.home.root.mkdir(parents=True, exist_ok=True)
    return f"a server: {name}"


def _launch(ground: Ground) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    spec = LaunchSpec(
        command=(sys.executable, str(_SERVER), "--port", str(port)), host="127.0.0.1", port=port, model="/m",
        served_as="tiny", recipe="mini", engine="vllm", stop_timeout_s=3,
    )  # fmt: skip
    serving.launch(ground.home, spec, ground.environment)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError("the stand-in server never listened")


def _nothing_stays(ground: Ground, place: Path, stopped: Said) -> None:
    deadline = time.monotonic() + _SOON_S
    while ground.processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    if left := ground.processes():
        ground.said.append(Said(("what a server left",), None, str(left)))
    if place.exists():
        ground.said.append(Said(("the temporary folder of a server",), None, f"{place} is still there: {stopped}"))


def _kill(which: str, *signals: signal.Signals) -> Callable[[Ground], None]:
    def kill(ground: Ground) -> None:
        state = read_state(ground.home)
        for number in signals:
            os.kill(state.supervisor if which == "supervisor" else state.pid, number)
        time.sleep(0.3)

    return kill


def _delete(ground: Ground) -> None:
    shutil.rmtree(ground.home.root, ignore_errors=True)
    ground.theirs.clear()


def _move_deep(ground: Ground) -> None:
    room = 200 - len(os.fsencode(ground.root)) - 1
    home = ground.root.joinpath(*["d" * 60] * (room // 61), "h" * max(1, room % 61))
    home.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(ground.home.root, home) if ground.home.root.exists() else home.mkdir()
    ground.theirs = {home / path.relative_to(ground.home.root): kept for path, kept in ground.theirs.items()}
    ground.home = Home(home)


def _on_a_volume(ground: Ground) -> None:
    shutil.rmtree(ground.home.root, ignore_errors=True)
    ground.theirs.clear()
    ground.home.root.mkdir()
    mount("-t", "tmpfs", "tmpfs", str(ground.home.root))
    ground.undo.append(lambda: unmount(ground.home.root, "-l"))


def _two_stops(ground: Ground) -> None:
    stopping = [ground.start(ground.command("server", "stop")) for _ in range(2)]
    for process in stopping:
        ground.wait(process)


_WAYS: dict[str, Callable[[Ground], None]] = {
    "stopped": lambda ground: None,
    "killed": _kill("server", signal.SIGKILL),
    "its supervisor is killed": _kill("supervisor", signal.SIGKILL),
    "its supervisor hangs": _kill("supervisor", signal.SIGSTOP),
    "it hangs": _kill("server", signal.SIGSTOP),
    "its home is deleted": _delete,
    "its volume is unmounted": lambda ground: ground.repair(),
    "its home's path has 200 characters": lambda ground: None,
    "its home's path has 200 characters and its supervisor is killed": _kill("supervisor", signal.SIGKILL),
    "stopped twice at once": _two_stops,
}
