"""The demo: recorded runs, played with no GPU, no network, no home, on a screen and without one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pexpect
import pytest

from installer.core.machine.loader import parse
from installer.core.runs.events import RunFinished, ServerReady, from_json
from tests.stand_ins.patience import PATIENCE_S

DATA = files("installer.ui.replay").joinpath("demo")
TOOL = str(Path(sys.executable).with_name("deploy-tui"))
NO_NETWORK = (
    "import socket, sys\n"
    "def refuse(*_): raise AssertionError('the demo asked a network')\n"
    "socket.socket.connect = socket.getaddrinfo = refuse\n"
    "from installer.cli import main\n"
    "sys.exit(main(sys.argv[1:]))"
)


def bare(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8",
            "TMPDIR": os.environ.get("TMPDIR", "/tmp")}  # fmt: skip


@pytest.mark.parametrize(("name", "state"), [("deployment", "done"), ("failure", "failed"), ("repair", "done")])
def test_the_recordings_are_whole_and_of_today_s_events(name: str, state: str) -> None:
    lines = DATA.joinpath(name, "journal.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [from_json(line) for line in lines]
    assert all(entries), "a line that cannot be read"
    last = entries[-1]
    assert last and isinstance(last.event, RunFinished) and last.event.state == state
    assert any(entry and isinstance(entry.event, ServerReady) for entry in entries) == (state == "done")
    assert "/tmp/" not in "".join(lines).replace("/tmp/vllm", "")


def test_the_machine_is_described_by_a_file() -> None:
    facts = parse(DATA.joinpath("machine.yaml").read_text(encoding="utf-8"), "machine.yaml")
    assert facts.name == "two-cores" and facts.gpus == ()


def test_without_a_screen_it_prints_the_three_and_touches_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, "demo"], env=bare(tmp_path), capture_output=True, text=True, check=False,
        timeout=PATIENCE_S, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stderr
    assert [at for at in ("1 of 3", "2 of 3", "3 of 3") if at in said] == ["1 of 3", "2 of 3", "3 of 3"]
    assert "No common block size for 7" in said and "--block-size=32" in said
    assert done.stdout.count("Answer: The capital of Japan is Tokyo.") == 2
    assert "deploy-tui ticket" not in said, "there is no run to make a ticket of"
    assert not list(tmp_path.iterdir())


def test_on_a_terminal_it_is_the_screen(tmp_path: Path) -> None:
    demo = pexpect.spawn(
        TOOL, ["demo", "--speed", "64"], env=bare(tmp_path), dimensions=(40, 120), encoding="utf-8", timeout=PATIENCE_S
    )
    demo.expect("1 of 3 on two-cores")
    demo.send("q")
    demo.expect(pexpect.EOF)
    demo.close()
    assert demo.exitstatus == 0 and not list(tmp_path.iterdir())


def test_killed_it_leaves_nothing_behind(tmp_path: Path) -> None:
    """Not even a folder of those that would be removed at the end."""
    (temporary := tmp_path / "tmp").mkdir()
    environment = bare(tmp_path) | {"TMPDIR": str(temporary)}
    demo = pexpect.spawn(TOOL, ["demo"], env=environment, dimensions=(40, 120), encoding="utf-8", timeout=PATIENCE_S)
    demo.expect("1 of 3 on two-cores")
    demo.kill(signal.SIGKILL)
    demo.expect(pexpect.EOF)
    demo.close(force=True)
    assert list(temporary.iterdir()) == []


def test_a_speed_that_is_none_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [TOOL, "demo", "--speed", "0"],
        env=bare(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 2 and "not a valid speed" in done.stderr
