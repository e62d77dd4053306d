"""A server that others can reach asks for a key, which stands in one file and nowhere else."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from installer.core.contracts.serving import LaunchSpec, is_loopback
from installer.core.errors import StageError
from installer.core.packages.lock import Lock, LockedPackage
from installer.core.recipes.container import Container
from installer.core.recipes.recipe import Recipe
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.host import http_client, server_key, serving
from stages import key_protection, s10_server, server_start
from stages.scripts.engines.guard.deploy_tui_guard import Guard
from tests.stages.test_s10_server import Lab, proofs, recipe


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setattr(server_start, "_POLL_S", 0.05)
    monkeypatch.setattr(server_start, "_PROBE_S", 0.5)
    monkeypatch.delenv("VLLM_API_KEY", raising=False)
    lab = Lab(tmp_path)
    yield lab
    for ctx in lab.contexts:
        serving.stop(ctx.home, 1)


def wanted(engine: str = "vllm", key: str | None = None, host: str = "127.0.0.2", **flags: Any) -> Recipe:
    """A recipe whose server others could reach, as far as its address says."""
    plain = recipe(**flags)
    server = replace(plain.server, host=host, key=key)
    return replace(plain, engine_name=engine, server=server)


OPEN = "0.0.0.0"


def status(url: str, **headers: str) -> int:
    body = {"model": "tiny", "prompt": "Hello", "max_tokens": 1}
    return http_client.post(f"{url}/v1/completions", body, timeout_s=10, headers=headers).status


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_an_open_server_asks_for_a_key_that_stands_in_one_place_only(lab: Lab, engine: str) -> None:
    ctx = lab.applied(wanted(engine, host=OPEN))
    (ready,) = proofs(ctx)
    key = server_key.read(ctx.home.server_key) or ""
    assert len(key) > 40
    assert (status(ready.url), status(ready.url, Authorization=f"Bearer {key}")) == (401, 200)
    assert status(ready.url, Authorization="Bearer sk-another") == 401
    assert ctx.home.server_key.stat().st_mode & 0o777 == 0o600
    files = [file for file in lab.root.rglob("*") if file.is_file() and key in file.read_text("utf-8", "replace")]
    config = [ctx.home.server_key_config] if engine == "sglang" else []
    assert sorted(files) == sorted([ctx.home.server_key, *config])
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert key not in str(ctx.events) + command_line(ready.pid)
    assert s10_server.check(lab.context(ctx.recipe)).changes == ()


def test_the_curl_line_asks_for_the_key_when_it_is_run(lab: Lab) -> None:
    (ready,) = proofs(lab.applied(wanted(host=OPEN)))
    assert '-H "Authorization: Bearer $(deploy-tui server key' in ready.curl
    said = subprocess.run(["bash", "-c", ready.curl], capture_output=True, check=True, text=True, env=_with_tool())
    assert json.loads(said.stdout)["choices"][0]["message"]["content"] == ready.answer


def _with_tool() -> dict[str, str]:
    import sys

    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_open_without_a_key_is_a_word_of_its_own(lab: Lab) -> None:
    ctx = lab.applied(wanted(key="none", host=OPEN))
    assert status(proofs(ctx)[0].url) == 200
    assert not ctx.home.server_key.exists()
    assert "Authorization" not in proofs(ctx)[0].curl


def test_on_this_machine_alone_no_key_is_asked_for_unless_it_is_wanted(lab: Lab) -> None:
    assert key_protection.wanted(wanted(host="127.0.0.1")) == ""
    assert key_protection.wanted(wanted(host="127.0.0.1", key="made")) == "made"
    ctx = lab.applied(wanted(host="127.0.0.1", key="made"))
    assert status(proofs(ctx)[0].url) == 401


def test_a_key_of_ones_own_comes_from_a_variable(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = wanted(key="env:MY_SERVER_KEY", host=OPEN)
    blocked = s10_server.check(lab.context(recipe))
    assert "MY_SERVER_KEY" in (blocked.blocked or "") and "export MY_SERVER_KEY" in blocked.fix
    with pytest.raises(StageError, match="was not started"):
        s10_server.apply(lab.context(recipe), ())
    monkeypatch.setenv("MY_SERVER_KEY", 'my "own" key'.replace(" ", "-"))
    (ready,) = proofs(lab.applied(recipe))
    assert status(ready.url, Authorization='Bearer my-"own"-key') == 200


def test_a_new_key_is_taken_by_the_next_start(lab: Lab) -> None:
    ctx = lab.applied(wanted(host=OPEN))
    old = server_key.read(ctx.home.server_key) or ""
    new = server_key.make(ctx.home.server_key)
    assert status(proofs(ctx)[0].url, Authorization=f"Bearer {old}") == 200
    assert "stop the running server" in s10_server.check(lab.context(ctx.recipe)).changes[0].summary
    again = lab.applied(ctx.recipe)
    assert status(proofs(again)[0].url, Authorization=f"Bearer {old}") == 401
    assert status(proofs(again)[0].url, Authorization=f"Bearer {new}") == 200


def test_the_key_of_a_server_that_prints_it_is_not_in_its_log(lab: Lab) -> None:
    ctx = lab.applied(wanted("sglang", host=OPEN, chatter=1))
    key = server_key.read(ctx.home.server_key) or ""
    serving.stop(ctx.home, 1)
    spec = replace(_launched(ctx), command=("/bin/cat", str(ctx.home.server_key), str(ctx.home.server_key_config)))
    serving.launch(ctx.home, spec, dict(os.environ))
    while ctx.host.server_state(ctx.home).running:
        ctx.host.pause(0.02)
    text = (ctx.home.server / "server.log").read_text()
    assert "api-key: " in text and key not in text


def _launched(ctx: Any) -> LaunchSpec:
    launch = ctx.host.server_state(ctx.home).launch
    assert launch is not None
    return launch  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("version", "knows"), [("0.4.8", False), ("0.5.2", False), ("0.5.10.post1", True), ("0.5.23", True)]
)
def test_sglang_is_locked_from_the_release_on_whose_parser_takes_a_file(lab: Lab, version: str, knows: bool) -> None:
    ctx = lab.context(wanted("sglang", host=OPEN))
    ctx.lock = _lock("sglang", version)
    found = key_protection.refusal(ctx)
    assert (found is None) is knows
    assert found is None or ("--config" in found[0] and "server.key=none" in found[1])
    assert key_protection.refusal(lab.context(wanted("sglang", host=OPEN, config="mine.yaml"))) is not None


def _lock(name: str, version: str) -> Lock:
    package = LockedPackage(name=name, version=version, stage="engine", source="default", url="", bytes=None)
    return Lock("k", "3.12", "x86_64-manylinux_2_36", (package,), (), (), "")


def test_a_container_gets_the_key_by_the_name_of_its_variable() -> None:
    container = Container(image="vllm/vllm-openai:v0.33.0")
    boxed = replace(wanted(host=OPEN), container=container)
    spec = LaunchSpec(
        ("docker", "run", "img"), OPEN, 8000, "/m", "m", "r", "vllm", python=("docker", "exec", "c", "python3")
    )
    made = key_protection.locked(spec, boxed, Home(Path("/h")))
    assert made.command[2:4] == ("--env", "VLLM_API_KEY")
    assert made.command[-3:] == ("img", "--middleware", "deploy_tui_guard.Guard")
    assert f"{key_protection.GUARD}:/run/deploy-tui-guard:ro" in made.command
    assert made.python == ("docker", "exec", "--env", "OPENAI_API_KEY", "c", "python3")
    on_host = replace(container, host_network=True)
    assert key_protection.wanted(replace(wanted(host="127.0.0.1"), container=on_host)) == "made"


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("10.0.0.1", False), ("pod.example", False), ("", False)],
)  # fmt: skip
def test_what_only_this_machine_reaches(host: str, here: bool) -> None:
    assert is_loopback(host) is here


def asked(path: str, key: bytes | None = None, kind: str = "http", method: str = "POST") -> list[Any]:
    """What the guard sends, or what the server behind it does."""
    sent: list[Any] = []

    async def server(scope: Any, receive: Any, send: Any) -> None:
        sent.append("reached")

    async def send(message: Any) -> None:
        sent.append(message.get("status") or message["type"])

    headers = [] if key is None else [(b"authorization", b"Bearer " + key)]
    scope = {"type": kind, "path": path, "method": method, "headers": headers}
    asyncio.run(Guard(server)(scope, None, send))
    return sent


def test_the_guard_lets_nothing_pass_but_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "the-key")
    for path in ("/invocations", "/v1/chat/completions", "/tokenize", "/health/../invocations", "/", "//v1/models"):
        assert asked(path) == [401, "http.response.body"], path
        assert asked(path, b"the-kez")[0] == 401
        assert asked(path, b"the-key") == ["reached"]
    assert [asked(path, method="GET") for path in ("/health", "/ping", "/metrics")] == [["reached"]] * 3
    assert asked("/v1/realtime", kind="websocket") == ["websocket.close"]
    assert asked("", kind="lifespan") == ["reached"]
    monkeypatch.delenv("VLLM_API_KEY")
    with pytest.raises(KeyError):
        Guard(None)


def test_no_event_says_the_key(lab: Lab) -> None:
    ctx = lab.applied(wanted(host=OPEN))
    deed = next(event for event in ctx.events if isinstance(event, ev.Deed))
    assert deed.data["launch"]["key"] == "made"
    assert deed.data["launch"]["key_file"] == str(ctx.home.server_key)
