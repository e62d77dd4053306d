"""Ranks that meet, are compared, start together and end together: real processes, and real machines' namespaces."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from installer.core.recipes.topology import Topology
from stages.ranks import SCRIPTS, engine_command, watched
from tests.stages.test_ranks import recipe
from tests.stand_ins.deployment import free_port
from tests.stand_ins.patience import PATIENCE_S

ENGINE = (
    "import os, pathlib, sys, time; place = pathlib.Path(sys.argv[1]); "
    "place.with_suffix('.new').write_text(os.environ.get('SOCKET_IFNAME', '') + ' ' + sys.argv[2]); "
    "place.with_suffix('.new').rename(place); time.sleep(600)"
)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not start, so"
        time.sleep(0.05)


class Ranks:
    def __init__(self, root: Path) -> None:
        self.root, self.leader, self.watch, self.port = root, "127.0.0.1", free_port(), free_port()
        self.python = sys.executable
        self.running: list[subprocess.Popen[bytes]] = []

    def begin(self, rank: int, *more: str, inside: tuple[str, ...] = (), model: str = "m") -> subprocess.Popen[bytes]:
        words = {
            "rank": rank, "nodes": 2, "leader": self.leader, "watch-port": self.watch, "port": self.port,
            "told": self.root / f"told-{rank}", "patience": 30, "stop-after": 5,
        }  # fmt: skip
        options = [word for name, value in words.items() for word in (f"--{name}", str(value))]
        told = ["--same", "lock=l", "--same", f"model={model}", "--variable", "SOCKET_IFNAME={interface}", *more]
        engine = [sys.executable, "-c", ENGINE, str(self.root / f"engine-{rank}"), "{address}"]
        with self.log(rank).open("ab") as log:
            process = subprocess.Popen(
                [*inside, self.python, str(SCRIPTS / "rank_keeper"), *options, *told, "--", *engine],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self.running.append(process)
        return process

    def log(self, rank: int) -> Path:
        return self.root / f"log-{rank}"

    def said(self, rank: int) -> str:
        return self.log(rank).read_text()

    def told(self, rank: int) -> dict[str, Any]:
        return dict(json.loads((self.root / f"told-{rank}").read_text()))

    def engine(self, rank: int) -> Path:
        return self.root / f"engine-{rank}"

    def both_started(self) -> None:
        until(lambda: self.engine(0).exists() and self.engine(1).exists())

    def end(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.terminate()
        for process in self.running:
            process.wait(20)


@pytest.fixture
def ranks(tmp_path: Path) -> Iterator[Ranks]:
    made = Ranks(tmp_path)
    try:
        yield made
    finally:
        made.end()


def test_they_start_together_and_end_when_told(ranks: Ranks) -> None:
    second = ranks.begin(1)  # in either order
    first = ranks.begin(0)
    ranks.both_started()
    engines = [child for one in (first, second) for child in psutil.Process(one.pid).children()]
    assert len(engines) == 2
    assert ranks.told(0)["state"] == ranks.told(1)["state"] == "started"
    assert ranks.told(0)["clocks_apart_s"] < 1
    second.terminate()
    assert (second.wait(20), first.wait(20)) == (0, 1)
    assert "gone" in ranks.said(0)
    assert not any(one.is_running() for one in engines)


def test_a_rank_that_holds_another_model_starts_nowhere(ranks: Ranks) -> None:
    first, second = ranks.begin(0), ranks.begin(1, model="another")
    assert (first.wait(40), second.wait(40)) == (1, 1)
    for rank in (0, 1):
        assert "Rank 1 (127.0.0.1) has another model: another, not m as rank 0." in ranks.said(rank)
        assert not ranks.engine(rank).exists()


def test_when_an_engine_dies_all_end_and_a_new_first_rank_finds_the_others(ranks: Ranks) -> None:
    first, second = ranks.begin(0), ranks.begin(1)
    ranks.both_started()
    (engine,) = psutil.Process(second.pid).children()
    ranks.engine(1).unlink()
    engine.kill()
    assert first.wait(20) == 1
    assert second.poll() is None, "it waits for rank 0, whose supervisor decides"
    again = ranks.begin(0)
    until(ranks.engine(1).exists)
    again.send_signal(signal.SIGKILL)
    again.wait(20)
    until(lambda: not psutil.Process(second.pid).children())
    assert "Rank 0 is gone" in ranks.said(1)


BESIDE = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
READY = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.05)"


def beside(place: Path) -> list[str]:
    """Options of a rank whose engine wants something beside it, which is ready once the file is there."""
    return [
        *(f"--beside={word}" for word in (sys.executable, "-c", BESIDE, str(place))),
        *(f"--ready={word}" for word in (sys.executable, "-c", READY, str(place))),
    ]


def test_what_an_engine_wants_beside_it_is_there_before_it_and_ends_with_it(ranks: Ranks, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ranks.begin(1)
    for victim in ("engine", "beside", "keeper"):
        first = ranks.begin(0, *beside(ready))
        ranks.both_started()
        by_word = {str(ready): "beside", str(ranks.engine(0)): "engine"}
        found = {
            kind: child for child in psutil.Process(first.pid).children() for word, kind in by_word.items()
            if word in child.cmdline()
        }  # fmt: skip
        assert sorted(found) == ["beside", "engine"] and ready.exists()
        for file in (ready, ranks.engine(0), ranks.engine(1)):
            file.unlink()
        first.terminate() if victim == "keeper" else found[victim].kill()
        assert first.wait(20) == (0 if victim == "keeper" else 1)
        assert not any(one.is_running() for one in found.values()), victim
    assert "which the engine needs, ended with -9" in ranks.said(0)


def test_an_engine_is_not_started_where_what_it_wants_does_not_come(ranks: Ranks) -> None:
    ranks.begin(1)
    failing = [f"--ready={word}" for word in (sys.executable, "-c", "raise SystemExit(3)")]
    assert ranks.begin(0, *failing).wait(40) == 1
    assert "did not start, so" in ranks.said(0) and not ranks.engine(0).exists()


def test_strangers_and_a_second_of_the_same_rank_change_nothing(ranks: Ranks) -> None:
    first = ranks.begin(0)
    until(lambda: ranks.log(0).exists() and "waits for 1 more" in ranks.said(0))
    for words in (b"GET / HTTP/1.1\r\n\r\n", b'{"rank": 7, "ranks": 2, "address": "x", "door": 1, "same": {}}\n', b""):
        with socket.create_connection((ranks.leader, ranks.watch)) as stranger:
            stranger.sendall(words)
    assert first.poll() is None
    ranks.begin(1)
    ranks.both_started()


def test_a_rank_that_does_not_come_is_named(ranks: Ranks) -> None:
    assert ranks.begin(0, "--patience", "1").wait(20) == 1
    assert "Rank 1 did not join within 1 s. Nothing was started." in ranks.said(0)
    assert ranks.begin(1, "--patience", "1").wait(20) == 1
    assert f"Rank 0 is not at 127.0.0.1:{ranks.watch}" in ranks.said(1)


def test_a_first_rank_without_its_address_says_so(ranks: Ranks) -> None:
    ranks.leader = "203.0.113.1"
    assert ranks.begin(0).wait(20) == 1
    assert "Rank 0 cannot listen on 203.0.113.1" in ranks.said(0)


def _no_namespaces() -> str:
    if os.geteuid() != 0 or not shutil.which("ip"):
        return "namespaces with addresses of their own need root and iproute2"
    tried = subprocess.run(["ip", "netns", "add", f"tried-{os.getpid()}"], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "delete", f"tried-{os.getpid()}"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "network namespaces are not allowed here"


@pytest.fixture
def apart() -> Iterator[tuple[str, str]]:
    """Two machines: namespaces joined by one cable, the second with a further interface that leads nowhere."""
    if why := _no_namespaces():
        pytest.skip(why)
    names = (f"ranks-{os.getpid()}-a", f"ranks-{os.getpid()}-b")
    script = """set -e
    ip netns add $1; ip netns add $2
    ip link add cable0 netns $1 type veth peer name cable1 netns $2
    ip -n $1 addr add 10.99.0.1/24 dev cable0; ip -n $1 link set cable0 up; ip -n $1 link set lo up
    ip -n $2 addr add 10.99.0.2/24 dev cable1; ip -n $2 link set cable1 up; ip -n $2 link set lo up
    ip -n $2 link add nowhere type bridge; ip -n $2 addr add 10.98.0.2/24 dev nowhere; ip -n $2 link set nowhere up"""
    made = subprocess.run(["sh", "-c", script, "sh", *names], capture_output=True, text=True, check=False)
    try:
        if made.returncode:
            pytest.skip(f"no cable can be laid here: {made.stderr.strip()}")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def inside(name: str) -> tuple[str, ...]:
    return ("ip", "netns", "exec", name)


def test_over_a_cable_the_interface_is_chosen_told_and_handed_on(ranks: Ranks, apart: tuple[str, str]) -> None:
    ranks.leader = "10.99.0.1"
    for rank, name in enumerate(apart):
        ranks.begin(rank, inside=inside(name))
    ranks.both_started()
    assert [ranks.told(rank)["interface"] for rank in (0, 1)] == ["cable0", "cable1"]
    assert [ranks.engine(rank).read_text() for rank in (0, 1)] == ["cable0 10.99.0.1", "cable1 10.99.0.2"]


def test_an_interface_by_which_nobody_answers_is_refused(ranks: Ranks, apart: tuple[str, str]) -> None:
    ranks.leader = "10.99.0.1"
    first = ranks.begin(0, inside=inside(apart[0]))
    second = ranks.begin(1, "--interface", "nowhere", inside=inside(apart[1]))
    assert (first.wait(40), second.wait(40)) == (1, 1)
    assert "Rank 1 reaches rank 0, but rank 0 does not reach 10.98.0.2:" in ranks.said(1)
    assert not ranks.engine(0).exists()


def with_torch() -> str:
    python = os.environ.get("PYTHON_WITH_TORCH", sys.executable)
    if subprocess.run([python, "-c", "import torch"], capture_output=True, check=False).returncode:
        pytest.skip("there is no torch here (PYTHON_WITH_TORCH names a Python that has one)")
    return python


def test_the_sum_is_right_where_torch_is() -> None:
    python, port = with_torch(), str(free_port())
    script = str(SCRIPTS / "rank_keeper/sum.py")
    both = [
        subprocess.Popen([python, script, str(rank), "2", "127.0.0.1", port, "50"], stdout=subprocess.PIPE)
        for rank in (0, 1)
    ]
    said = [json.loads(one.communicate(timeout=PATIENCE_S)[0]) for one in both]
    assert [one["right"] for one in said] == [True, True]


def test_two_machines_sum_over_their_cable_before_the_engine_starts(ranks: Ranks, apart: tuple[str, str]) -> None:
    ranks.python, ranks.leader = with_torch(), "10.99.0.1"
    for rank, name in enumerate(apart):
        gloo = ("--variable", "GLOO_SOCKET_IFNAME={interface}")
        ranks.begin(rank, *gloo, inside=inside(name))
    ranks.both_started()
    assert ranks.told(0)["sum_s"] > 0 and "warnings" not in ranks.told(0)


CLUSTER = (
    "import pathlib, ray, sys, time; ray.init(log_to_driver=False); "
    "where = ray.remote(lambda: time.sleep(1) or ray.util.get_node_ip_address()); "
    "found = set(ray.get([where.options(num_cpus=1).remote() for _ in range(8)])); "
    "pathlib.Path(sys.argv[1]).write_text(' '.join(sorted(found))); time.sleep(600)"
)
"""In place of an engine that works on all nodes."""


def test_ray_makes_one_cluster_of_two_machines_while_the_engine_runs(
    ranks: Ranks, apart: tuple[str, str], tmp_path: Path
) -> None:
    """By the words for a release that wants Ray, with the real Ray; only the engine on top is another one."""
    python = Path(os.environ.get("PYTHON_WITH_RAY", sys.executable))
    if subprocess.run([python, "-c", "import ray"], capture_output=True, check=False).returncode:
        pytest.skip("there is no Ray here (PYTHON_WITH_RAY names a Python that has it)")
    engine = tmp_path / "engine"
    for number in range(2):  # the second time nothing may be left of the first
        begun = []
        for rank in (1, 0):
            topology = Topology(nodes=2, tensor=2, port=ranks.port, watch_port=ranks.watch).at(rank, "10.99.0.1")
            told = recipe("vllm", "0.9.2", topology)
            command = engine_command(told, python, ()) if rank else (str(python), "-c", CLUSTER, str(engine))
            folder = tmp_path / f"{number}-{rank}"
            folder.mkdir()
            with ranks.log(rank).open("ab") as log:
                words = [*inside(apart[rank]), *watched(told, command, python, {"lock": "l"}, folder)]
                begun.append(subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL))
            ranks.running.append(begun[-1])
        until(engine.exists)
        assert engine.read_text() == "10.99.0.1 10.99.0.2"
        engine.unlink()
        for process in reversed(begun):
            process.terminate()
        assert [process.wait(60) for process in begun] == [0, 0]
        for namespace in apart:
            left = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, check=True).stdout
            assert left.strip() == b""
