"""The real program in tmux, driven by keys and read back: a plan repaired, a deployment, a failure, a server."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.stand_ins import package_index, wheels
from tests.stand_ins.deployment import TOOL
from tests.stand_ins.served_home import ServedHome
from tests.stand_ins.terminal import UTF8, Terminal
from tests.test_runs import RECIPE, Lab

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

Open = Callable[[Sequence[str], dict[str, str]], Terminal]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    made: list[Terminal] = []

    def open_(command: Sequence[str], environment: dict[str, str]) -> Terminal:
        made.append(Terminal(tmp_path, command, environment | UTF8))
        return made[0]

    yield open_
    for terminal in made:
        terminal.close()


def test_a_taken_port_is_mended_by_one_key_and_the_deployment_goes_as_far_as_it_can(
    tmp_path: Path, opened: Open
) -> None:
    wheels.stack(tmp_path / "wheels")
    with package_index.serve(tmp_path / "wheels") as index, socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        lab = Lab(tmp_path, index)
        terminal = opened(lab.command("--recipe", str(RECIPE), "--set", f"server.port={port}"), lab.environment)
        try:
            terminal.shows("✗ fails", f"Port {port} is taken", "a applies it")
            terminal.press("a")
            terminal.until(lambda text: "✓ works" in text and f"Port {port} is taken" not in text, "a plan that works")
            terminal.press("Enter")
            # The wheels of the tiny stack hold no code, so its model cannot be made.
            terminal.shows("✗ failed", "in stage", "8 model", "T ticket")
            assert lab.generations.seals(), "the packages that were installed stay"
            terminal.press("T")
            terminal.shows("Write a ticket", "It is written to", "journal")
            terminal.press("y")
            terminal.until(lambda _: len(list(tmp_path.glob("ticket-*.zip"))) == 1, "the ticket")
            terminal.press("3")
            terminal.shows("1 run ", "1 generation", "r replay")
        finally:
            lab.tool("cancel")


def test_a_server_answers_is_stopped_and_started_again(tmp_path: Path, opened: Open) -> None:
    served = ServedHome(tmp_path)
    try:
        command = [TOOL, "--home", str(served.home.root), "--recipe", str(served.recipe), "--offline"]
        environment = {name: value for name, value in os.environ.items() if name != "DEPLOY_TUI_HOME"}
        terminal = opened(command, environment)
        terminal.shows("2 Serve")
        terminal.press("2")
        terminal.shows("✓ ready", "type a message")
        terminal.press("c")
        terminal.shows("esc leaves this line")
        terminal.press("Hello", "Enter")
        terminal.shows("The stand-in", "tokens", "first")
        terminal.press("Escape")
        terminal.shows("x stop")
        terminal.press("x")
        terminal.shows("Stop the model server?")
        terminal.press("y")
        terminal.shows("· stopped", "R starts it again")
        terminal.press("R")
        terminal.shows("Restart the model server?")
        terminal.press("y")
        terminal.shows("✓ ready", "endpoint", "ask again")
        assert served.launch.port == served.port
    finally:
        served.end()
