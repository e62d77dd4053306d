"""What the hosts of a fleet said, as rows of its screen."""

from __future__ import annotations

import subprocess
from pathlib import Path

from installer.cli.fleet_screen import row
from installer.fleet.file import Fleet, Host
from installer.fleet.outcome import Outcome, State
from installer.fleet.remote import Recipe, Remote
from installer.host.ssh import Links
from tests.stand_ins.deployment import TOOL

STATUS = {
    "home": "/data", "run": {"state": "running", "stage": 4},
    "server": {"state": "ready", "url": "http://127.0.0.1:8000", "model": "tiny"},
}  # fmt: skip


def test_rows() -> None:
    host = Host("a", "10.0.0.1", "root")
    with Links() as links:
        remote = Remote(host, Fleet((host,)), links, Recipe(None))
        up = row(Outcome("a", State.UP, "ready", {"status": STATUS}), remote)
        lost = row(Outcome("a", State.UNREACHED, "its host key is not known"), remote)
    assert (up.address, up.state, up.run, up.model, up.message) == (
        "root@10.0.0.1",
        "ready",
        "stage 4",
        "tiny",
        STATUS["server"]["url"],
    )
    assert (lost.state, lost.message, lost.can_open) == ("unreached", "its host key is not known", True)
    router = row(Outcome("router", State.UP, "http://10.0.0.1:8080; a in", {"status": STATUS}), None)
    assert (router.message, router.can_open) == ("http://10.0.0.1:8080; a in", False)


def test_without_a_terminal_it_says_what_can_be_asked(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("hosts: [{name: a, address: 127.0.0.1}]")
    done = subprocess.run(
        [TOOL, "fleet", str(file)], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 2 and "no terminal" in done.stderr and "status" in done.stderr
