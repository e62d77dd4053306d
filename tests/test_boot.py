"""`server install` where systemd boots the machine: the server is back after a power cut, and not once removed."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stand_ins import booted
from tests.stand_ins.patience import PATIENCE_S
from tests.stand_ins.served_home import ServedHome

ROOT = Path(__file__).parents[1]
TOOL = str(Path(sys.executable).with_name("deploy-tui"))

pytestmark = pytest.mark.skipif(not booted.possible(), reason="no machine can be booted here: root, systemd, overlays")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedHome]:
    made = ServedHome(tmp_path)
    yield made
    made.end()


def test_a_power_cut_later_it_serves_again(served: ServedHome, tmp_path: Path) -> None:
    served.end()
    machine = booted.Booted(tmp_path, ROOT)
    home = ("--home", str(served.home.root))

    def server() -> str:
        return str(json.loads(machine.run(TOOL, *home, "status", "--json").stdout)["server"]["state"])

    with machine.up():
        assert machine.run("systemctl", "start", "deploy-tui.service").returncode != 0
        installed = machine.run(TOOL, *home, "server", "install")
        assert installed.returncode == 0, installed.stderr
        started = machine.run("systemctl", "start", "deploy-tui.service")
        assert (started.returncode, server()) == (0, "ready"), started.stderr
    with machine.up():
        deadline = time.monotonic() + PATIENCE_S
        while server() != "ready":
            assert time.monotonic() < deadline, machine.run("systemctl", "status", "deploy-tui.service").stdout
            time.sleep(0.2)
        assert machine.run("systemctl", "show", "-P", "NRestarts", "deploy-tui.service").stdout.strip() == "0"
        assert machine.run("systemctl", "stop", "deploy-tui.service").returncode == 0
        assert server() == "stopped"
        assert machine.run(TOOL, *home, "server", "install", "--remove").returncode == 0
    with machine.up():
        assert machine.run("systemctl", "cat", "deploy-tui.service").returncode != 0
        assert server() == "stopped"


def test_the_line_of_a_pod_serves_and_ends_with_the_pod(served: ServedHome) -> None:
    served.end()
    home = served.home
    words = [TOOL, "--home", str(home.root)]
    line = subprocess.run([*words, "server", "install", "--print"], capture_output=True, text=True, check=True).stdout
    pod = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *shlex.split(line)])
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not served.host.get(f"http://127.0.0.1:{served.port}/v1/models").ok:
            assert time.monotonic() < deadline and pod.poll() is None
            time.sleep(0.2)
    finally:
        os.kill(booted.first_child(pod.pid), signal.SIGTERM)
        ended = pod.wait(30)
    assert ended == 0
    assert not served.host.get(f"http://127.0.0.1:{served.port}/v1/models").ok
