"""A client beside a server that really runs, and beside one that is only planned."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.cli import main
from installer.core.contracts.serving import LaunchSpec
from installer.core.runs.home import Home
from installer.host import serving
from installer.host.local import LocalHost
from installer.session import clients
from tests.stand_ins.deployment import free_port

TESTS = Path(__file__).parents[1]
SERVER = TESTS / "stand_ins" / "openai_server.py"
CLIENT = [str(TESTS / "clients" / name) for name in ("profile_llm.json", "llm_limits.json")]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Home, int]]:
    home, port = Home(tmp_path / "home"), free_port()
    home.root.mkdir()
    command = (
        sys.executable,
        str(SERVER),
        "--port",
        str(port),
        "--model",
        "m",
        "--served-model-name",
        "tiny",
    )
    spec = LaunchSpec(command, "127.0.0.1", port, "m", "tiny", "mini", "vllm")
    host = LocalHost(home.cache)
    host.launch_server(home, spec)
    while not host.get(f"{spec.url}/v1/models").ok:
        host.pause(0.05)
    host.server_ready(home, 0.1)
    yield home, port
    serving.stop(home, None)


def test_check_client_asks_the_server_that_runs(running: tuple[Home, int], capsys: pytest.CaptureFixture[str]) -> None:
    home, _ = running

    code = main(["check-client", *CLIENT, "--home", str(home.root), "--json"])
    body = json.loads(capsys.readouterr().out)

    assert body["server"]["source"] == "the running server"
    assert body["server"]["models"] == ["tiny"]
    assert code == (3 if any(row["status"] == "problem" for row in body["rows"]) else 0)


def test_the_checklist_asks_the_endpoint_of_the_client(
    running: tuple[Home, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, port = running
    variables = tmp_path / ".env"
    variables.write_text(f'# where\nexport VLLM_ENDPOINT="http://127.0.0.1:{port}/v1"\nVLLM_MODEL=tiny\n')

    code = main(["checklist", *CLIENT, "--env", str(variables), "--home", str(home.root)])

    told = capsys.readouterr().out
    assert code == 0, told
    assert told.count("[x]") == 7


def test_check_client_beside_a_planned_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setting = "server.flags.--context-length=8192"
    words = ["--recipe", "qwen2.5-3b-sglang", "--machine", str(TESTS / "machines" / "h100.yaml"), "--set", setting]

    code = main(["check-client", *CLIENT, *words, "--home", str(tmp_path), "--json"])
    body = json.loads(capsys.readouterr().out)

    assert code == 3
    assert body["server"]["context_tokens"] == 8192
    assert [row["parameter"] for row in body["rows"] if row["status"] == "problem"] == ["context"]


def test_the_last_use_of_an_option_counts_as_for_the_engine(tmp_path: Path) -> None:
    words = ("-m", "server", "--max-model-len", "4096", "--enforce-eager", "--max_model_len=8192")
    spec = LaunchSpec(words, "127.0.0.1", free_port(), "m", "tiny", "mini", "vllm")

    assert clients.running(LocalHost(tmp_path), spec).context_tokens == 8192


def test_a_bad_env_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    variables = tmp_path / ".env"
    variables.write_text("VLLM_MODEL=x\nnot a variable\n")

    assert main(["checklist", "--env", str(variables), "--home", str(tmp_path / "home")]) == 2
    assert "line 2" in capsys.readouterr().err
