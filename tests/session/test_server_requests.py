"""A chat, a form and figures, asked of a server that really runs; and the same from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from installer.cli import main
from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import DeployError, UsageError
from installer.core.runs.home import Home
from installer.host import serving
from installer.host.local import LocalHost
from installer.session import server_requests
from tests.stand_ins.deployment import free_port

SERVER = Path(__file__).parents[1] / "stand_ins" / "openai_server.py"
PAGE = """\
# HELP vllm:num_requests_running Number of requests.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 2.0
vllm:num_requests_running{engine="1",model_name="m"} 1.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:generation_tokens_total{model_name="m"} 1.5e+03
vllm:time_to_first_token_seconds_sum{model_name="m"} 3.0
vllm:time_to_first_token_seconds_count{model_name="m"} 30.0
vllm:time_to_first_token_seconds_bucket{le="0.1",model_name="m"} 12.0
sglang:num_running_reqs{model_name="m"} 7.0
broken line
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with serving_one(tmp_path_factory.mktemp("asked")) as home:
        yield home


@contextmanager
def serving_one(folder: Path, *more: str) -> Iterator[Home]:
    home, port = Home(folder / "home"), free_port()
    home.root.mkdir()
    command = (sys.executable, str(SERVER), "--port", str(port), "--model", "m", "--served-model-name", "tiny", *more)
    spec = LaunchSpec(command, "127.0.0.1", port, "m", "tiny", "mini", "vllm")
    host = LocalHost(home.cache)
    host.launch_server(home, spec)
    while not host.get(f"{spec.url}/v1/models").ok:
        host.pause(0.05)
    host.server_ready(home, 0.1)
    yield home
    serving.stop(home, None)


def test_an_answer_comes_in_pieces_with_its_speed(home: Home) -> None:
    pieces = list(server_requests.chat(home, [{"role": "user", "content": "Hello"}]))
    assert "".join(piece.text for piece in pieces) == "The stand-in answers. "
    assert pieces[-1].done and pieces[-1].tokens == 3 and pieces[0].first_ms and pieces[-1].seconds > 0


def test_an_answer_is_held_to_a_schema(home: Home) -> None:
    assert set(json.loads(server_requests.structured(home, "Lisbon?"))) == {"city", "country"}


def test_one_that_reasons_first_is_asked_to_answer_at_once(tmp_path: Path) -> None:
    reasoning = ("--reasoning-parser=qwen3", "--tool-call-parser=hermes")
    with serving_one(tmp_path, *reasoning, "--fault=reasons-on") as home:
        assert set(json.loads(server_requests.structured(home, "Lisbon?"))) == {"city", "country"}
        assert server_requests.tool_call(home, "Weather?").startswith("weather(")


def test_one_that_never_ends_its_reasoning_is_named(tmp_path: Path) -> None:
    with serving_one(tmp_path, "--reasoning-parser=qwen3", "--fault=always-reasons") as home:
        for ask in (server_requests.structured, server_requests.tool_call):
            with pytest.raises(DeployError, match="did not begin to answer") as failure:
                ask(home, "Lisbon?")
            assert "still reasoning after 1,024 tokens" in failure.value.why
        with pytest.raises(DeployError, match="did not begin to answer") as failure:
            list(server_requests.chat(home, [{"role": "user", "content": "Lisbon?"}], most=64))
        assert "still reasoning after 64 tokens" in failure.value.why


def test_a_model_that_calls_no_tool_is_heard(home: Home) -> None:
    assert server_requests.tool_call(home, "Weather?") == "No tool was called. The stand-in answers."


def test_an_engine_without_figures_says_none(home: Home) -> None:
    assert server_requests.figures(home) is None


def test_the_examples_name_this_server(home: Home) -> None:
    spec = server_requests.running(home)
    assert all(spec.url in words and "tiny" in words for words in server_requests.examples(spec).values())


def test_a_chat_from_the_command_line(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["server", "chat", "Hello", "--home", str(home.root), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["answer"] == "The stand-in answers. " and body["tokens"] == 3
    assert main(["server", "chat", "Hello", "--home", str(home.root), "--form", "structured"]) == 0
    assert "country" in capsys.readouterr().out
    assert main(["server", "metrics", "--home", str(home.root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "figures": None}


def test_without_a_server_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        next(server_requests.chat(Home(tmp_path), []))
    assert server_requests.figures(Home(tmp_path)) is None
    with pytest.raises(DeployError):
        server_requests.structured(Home(tmp_path), "x")


def test_figures_are_read_by_the_engines_names_and_summed() -> None:
    found = server_requests.read_figures(PAGE, "vllm", 10.0)
    assert (found.running, found.waiting, found.cache, found.tokens) == (3.0, None, 0.25, 1500.0)
    assert found.first_token_ms(None) == 100.0
    later = server_requests.read_figures(PAGE.replace("1.5e+03", "1600"), "vllm", 12.0)
    assert later.tokens_per_second(found) == 50.0 and later.tokens_per_second(None) is None
    assert server_requests.read_figures(PAGE, "sglang", 1.0).running == 7.0
