"""`server install` where systemd boots the machine: the server is back after a power cut, and not once removed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stand_ins import booted
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
        deadline = time.monotonic() + 60
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
