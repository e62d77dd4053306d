"""The embedded default for real: from an empty folder to a vLLM process on the CPU that answers, and back."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from installer.core.text.plain import clean
from installer.session import runs
from tests.stand_ins.deployment import TOOL, Deployment
from tests.stand_ins.terminal import UTF8, Terminal

pytestmark = pytest.mark.real

TALKATIVE = ("--set", "server.environment.VLLM_LOGGING_LEVEL=DEBUG")


@pytest.fixture(scope="module")
def served(deployment: Deployment) -> dict[str, object]:
    """The proof of the running server, as the run's own event has it."""
    done = deployment.tool("--stage", "all", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    ready = [line for line in map(json.loads, done.stdout.splitlines()) if line["event"] == "server-ready"]
    assert len(ready) == 1
    return dict(ready[0])


def test_the_server_proves_itself_in_three_ways(served: dict[str, object]) -> None:
    assert "Tokyo" in str(served["answer"]) or served["stand_in"]
    assert isinstance(served["first_token_ms"], float) and served["first_token_ms"] > 0
    assert set(json.loads(str(served["structured"]))) == {"language", "is_question"}


def test_the_curl_line_repeats_the_answer(served: dict[str, object]) -> None:
    done = subprocess.run(shlex.split(str(served["curl"])), capture_output=True, text=True, check=True)
    body = json.loads(done.stdout)
    assert body["model"] == served["model"]
    assert clean(body["choices"][0]["message"]["content"]).strip() == served["answer"]


def test_status_says_where_it_answers(deployment: Deployment, served: dict[str, object]) -> None:
    status = deployment.json("status")
    assert status["server"]["state"] == "ready"
    assert status["server"]["url"] == f"http://127.0.0.1:{deployment.port}" == served["url"]
    assert status["run"]["state"] == "done"


def test_what_its_recipe_promises_is_proved(deployment: Deployment, served: dict[str, object]) -> None:
    body = deployment.json("server", "prove")
    found = {proof["name"]: proof["status"] for proof in body["proofs"]}
    for name in ("tool call", "logprobs", "long prompt"):
        assert found[name] == "proved", body
    assert found["burst"] == found["reasoning"] == "not promised"
    assert served["stand_in"] or (found["stop words"], found["sense"]) == ("proved", "proved"), body
    assert deployment.json("status")["proofs"]["current"] is True


def test_its_speed_is_measured_by_the_engines_own_client(deployment: Deployment, served: dict[str, object]) -> None:
    found = deployment.json("bench", "--concurrency", "1", "--input-tokens", "32")

    assert [load["completed"] for load in found["loads"]] == [8]
    measured = {figure["name"]: figure["measured"] for figure in found["figures"]}
    assert measured["time to first token"] > 0 and measured["tokens per second"] > 0
    assert measured["answer of 100 tokens"] > 99 / measured["tokens per second"] * 0.5


def test_the_same_again_changes_nothing(deployment: Deployment, served: dict[str, object]) -> None:
    before = deployment.json("status")
    done = deployment.tool("--stage", "all", "--yes")
    assert done.returncode == 0
    assert "Nothing to do" in done.stderr
    after = deployment.json("status")
    assert (after["generation"], after["server"]) == (before["generation"], before["server"])


def test_a_stage_asked_for_by_itself_is_done_again(deployment: Deployment) -> None:
    done = deployment.tool("--stage", "9")
    assert done.returncode == 0, done.stderr
    assert "done" in done.stderr and "checks passed" in done.stderr


def test_a_broken_environment_is_found_and_the_engine_is_not_blamed(deployment: Deployment) -> None:
    site = next((deployment.home.current / "lib").glob("python3*")) / "site-packages"
    victim = site / "transformers/models/auto/modeling_auto.py"
    kept = victim.with_suffix(".kept")
    victim.rename(kept)
    try:
        done = deployment.tool("--stage", "9")
        assert done.returncode == 1
        assert "modeling_auto.py" in done.stderr
    finally:
        kept.rename(victim)
    assert deployment.tool("--stage", "9").returncode == 0


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_in_a_terminal_settings_that_the_engine_refuses_are_explained_mended_by_one_key_and_chatted_with(
    deployment: Deployment, served: dict[str, object], tmp_path: Path
) -> None:
    assert deployment.tool("server", "stop").returncode == 0
    words = deployment.command(*deployment.settings, *TALKATIVE, "--set", "server.flags.--block-size=7")
    environment = {name: value for name, value in os.environ.items() if name != "DEPLOY_TUI_HOME"}
    terminal = Terminal(tmp_path, words, environment | UTF8, longest_s=600.0)
    try:
        terminal.shows("✓ works", "10 server")
        terminal.press("Enter")
        terminal.shows("✗ failed", "9 verification", "known cause", "block size", "a            sets --block-size=")
        assert [process for process in deployment.processes() if TOOL not in " ".join(process.cmdline())] == []
        assert deployment.json("status")["server"]["state"] in ("failed", "stopped")
        terminal.press("a")
        terminal.shows("✓ ready", "endpoint", "ask again")
        terminal.press("2")
        terminal.shows("✓ ready", "type a message")
        terminal.press("c")
        terminal.shows("esc leaves this line")
        terminal.press("Say one word.", "Enter")
        terminal.shows("you", "model", "tokens/s")
    finally:
        terminal.close()
    assert deployment.json("status")["server"]["state"] == "ready", "leaving the screen stops nothing"


def test_a_port_that_is_taken_is_foreseen(deployment: Deployment) -> None:
    import socket

    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        done = deployment.tool("server", "start", "--set", f"server.port={port}")
    assert done.returncode == 3
    assert f"{port} is taken" in done.stderr


def test_it_stops_with_its_whole_tree(deployment: Deployment, served: dict[str, object]) -> None:
    log = (deployment.home.server / "server.log").read_text()
    if "AMX: " not in log:  # without a terminal nobody has started it with so much to say
        assert deployment.tool("server", "stop").returncode == 0
        done = deployment.tool("server", "start", *deployment.settings, *TALKATIVE)
        assert done.returncode == 0, done.stderr
        log = (deployment.home.server / "server.log").read_text()
    # Those that compute have asked the kernel for AMX, or seen that it is not there.
    for process in ("EngineCore", "Worker"):
        assert re.search(rf"\(\w*{process}\S* pid=\d+\).*AMX: ", log), process
    tree = list(deployment.processes())
    assert len(tree) >= 2
    supervisor = next(p for p in tree if "supervisor" in " ".join(p.cmdline()))
    os.kill(supervisor.pid, signal.SIGKILL)
    stopped = deployment.tool("server", "stop")
    assert stopped.returncode == 0, stopped.stderr
    assert list(deployment.processes()) == []
    assert deployment.json("server", "status")["state"] == "stopped"


def test_the_journal_of_every_run_is_closed(deployment: Deployment) -> None:
    from installer.execution.recovery import unfinished

    assert unfinished(deployment.home, "") == []
    assert runs.latest(deployment.home) is not None
