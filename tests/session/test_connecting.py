"""Settings for clients: filled in, checked against a server that really runs, and written without losing anything."""

from __future__ import annotations

import importlib
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from installer.cli import main
from installer.core.contracts.serving import LaunchSpec, ServerState
from installer.core.errors import UsageError
from installer.core.outcomes import ServerStatus
from installer.core.proofs import Proof, Proven
from installer.core.runs.home import Home
from installer.diagnostics import connecting as formats
from installer.diagnostics.connecting import Reached
from installer.host import server_state, serving
from installer.host.local import LocalHost
from installer.proofs import saved
from installer.session import connecting, ready_server
from tests.stand_ins.deployment import free_port

SERVER = Path(__file__).parents[1] / "stand_ins" / "openai_server.py"
AT = Reached("http://127.0.0.1:9000", "org/tiny", 32768)
NAMES = [one.name for one in formats.clients()]
Serve = Callable[..., Home]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    homes: list[Home] = []

    def start(*words: str, key: bool = False, server: str = "") -> Home:
        home, port = Home(tmp_path / f"home {len(homes)}", server), free_port()
        home.root.mkdir()
        command = (sys.executable, str(SERVER), "--port", str(port), "--model", "m", *words)
        locked = {"key": "made", "key_file": str(home.server_key), "key_variable": "VLLM_API_KEY"} if key else {}
        spec = LaunchSpec(command, "127.0.0.1", port, "m", "tiny", "mini", "vllm", **locked)
        host = LocalHost(home.cache)
        homes.append(home)
        host.launch_server(home, spec)
        while not host.get(f"{spec.url}/v1/models", key_file=spec.key_file).ok:
            host.pause(0.02)
        host.server_ready(home, 0.1)
        return home

    yield start
    for home in homes:
        serving.stop(home, 1)


def found(home: Home, name: str, **more: str) -> connecting.Connection:
    return connecting.connect(home, LocalHost(home.cache), name, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_every_client_is_told_address_and_model_and_no_place_is_left(name: str) -> None:
    one = formats.client(name)
    text = formats.filled(one, AT).text
    assert "org/tiny" in text or (one.kind == "shell" and name == "open-webui")
    assert "http://127.0.0.1:9000" in text
    places = ("base_url", "root_url", "model", "context", "output", "variable", "provider", "suffix")
    assert not [place for place in places if f"@{place}@" in text]
    read: dict[str, Callable[[str], object]] = {
        "json": json.loads, "yaml": yaml.safe_load, "python": lambda code: compile(code, name, "exec"),
    }  # fmt: skip
    read.get(one.kind, str)(text)


def test_toml_of_a_client_can_be_read() -> None:
    tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    body = tomllib.loads(formats.filled(formats.client("codex"), AT).text)
    assert body["model_providers"]["deploy-tui"]["base_url"] == "http://127.0.0.1:9000/v1"


def test_a_server_without_a_parser_is_a_problem_for_an_agent(serve: Serve) -> None:
    rows = {row.parameter: row for row in found(serve("--max-model-len=65536"), "opencode").rows}
    assert rows["tools"].status == "problem" and "--tool-call-parser" in rows["tools"].fix
    assert rows["model"].status == rows["context"].status == rows["structured output"].status == "ok"
    assert rows["interface"].status == "unknown", "the small server describes itself nowhere"


def test_what_was_proved_outweighs_what_is_promised(serve: Serve) -> None:
    home = serve("--tool-call-parser=hermes")
    assert {row.parameter: row.status for row in found(home, "zed").rows}["tools"] == "ok"
    state = server_state.read_state(home)
    proof = Proof("tool choice", "failed", "The call was returned as text.")
    saved.keep(home, Proven(1.0, state.pid, state.started_at, "tiny", "mini", (proof,)))
    assert {row.parameter: row.status for row in found(home, "zed").rows}["tools"] == "problem"


def test_a_tunnel_and_a_key_are_lines_for_a_shell(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    home = serve("--tool-call-parser=hermes", "--max-model-len=65536", key=True, server="chat")
    key = home.server_key.read_text().strip()
    there = ["--ssh", "root@203.0.113.7 -p 22022", "--port", "9001"]
    words = ["server", "connect", "opencode", "--home", str(home.root), "--server", "chat", *there]
    assert main(words) == 0
    said = capsys.readouterr().out
    port = server_state.read_state(home).launch.port  # type: ignore[union-attr]
    assert f"ssh -N -L 9001:127.0.0.1:{port} root@203.0.113.7 -p 22022" in said
    assert 'export DEPLOY_TUI_API_KEY_CHAT="$(ssh root@203.0.113.7 -p 22022 ' in said
    assert f"deploy-tui server key --home {shlex.quote(str(home.root))} --server chat" in shlex.split(
        next(line for line in said.splitlines() if line.startswith("export")).partition("$(")[2].rstrip(')"')
    )
    assert "http://127.0.0.1:9001/v1" in said and key not in said


@pytest.mark.parametrize("ssh", ["root@host; rm -rf /", "$(id)", "'", "-oProxyCommand=`x`"])
def test_no_tunnel_holds_what_a_shell_would_run(serve: Serve, ssh: str) -> None:
    with pytest.raises(UsageError, match="not an ssh destination"):
        found(serve(), "curl", ssh=ssh)


def test_an_address_that_is_none_is_refused(serve: Serve) -> None:
    with pytest.raises(UsageError, match="is not an address"):
        found(serve(), "curl", url='http://x"; curl evil')


def test_json_settings_are_put_beside_those_that_are_there() -> None:
    one = formats.filled(formats.client("opencode"), AT)
    before = json.dumps({"theme": "dark", "provider": {"other": {"name": "x"}}})
    after = json.loads(formats.put_into(one, AT, before))
    assert after["theme"] == "dark" and set(after["provider"]) == {"other", "deploy-tui"}


@pytest.mark.parametrize(
    ("name", "before"),
    [("zed", "// mine\n{}"), ("zed", "[1]"), ("continue", "name: mine\n"), ("litellm", "model_list: []\n")],
)
def test_what_would_be_lost_is_not_written_over(name: str, before: str) -> None:
    one = formats.filled(formats.client(name), AT)
    with pytest.raises(UsageError, match=r"cannot be read|contains settings"):
        formats.put_into(one, AT, before)


def test_writing_asks_first_keeps_a_copy_and_ends_where_nothing_changes(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = serve("--tool-call-parser=hermes", "--max-model-len=65536")
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / ".config/opencode/opencode.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"theme": "dark"}')
    words = ["server", "connect", "opencode", "--write", "--home", str(home.root)]
    assert main(words) == 2 and "--yes" in capsys.readouterr().err
    assert file.read_text() == '{"theme": "dark"}'
    assert main([*words, "--yes", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert Path(body["copy"]).read_text() == '{"theme": "dark"}'
    assert json.loads(file.read_text())["theme"] == "dark" and "deploy-tui" in file.read_text()
    assert main([*words, "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["copy"] is None
    assert len(list(file.parent.iterdir())) == 2


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings of opencode would lie."""
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / ".config/opencode/opencode.json"
    file.parent.mkdir(parents=True)
    return file


UNREAD = connecting.Connection(formats.filled(formats.client("opencode"), AT), AT, (), "", "")


@pytest.mark.parametrize("content", [b"\xff\xfe{}", b"[" * 100_000, b'{"a": "\\ud800"}', b"\0" * 16])
def test_what_cannot_be_read_is_left_as_it_is(settings: Path, content: bytes) -> None:
    settings.write_bytes(content)
    with pytest.raises(UsageError, match=r"opencode\.json"):
        connecting.write(UNREAD)
    assert settings.read_bytes() == content and list(settings.parent.iterdir()) == [settings]


def test_a_pipe_is_left_as_it_is(settings: Path) -> None:
    os.mkfifo(settings)
    with pytest.raises(UsageError, match="not a regular file"):
        connecting.write(UNREAD)
    assert settings.is_fifo()


def test_a_link_stays_one(settings: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text('{"theme": "dark"}')
    settings.symlink_to(real)
    file, copy = connecting.write(UNREAD)
    assert settings.is_symlink() and file == real and copy is not None and copy.parent == tmp_path
    assert json.loads(real.read_text())["theme"] == "dark" and "deploy-tui" in real.read_text()


def test_a_file_of_our_own_is_replaced(serve: Serve) -> None:
    one = formats.filled(formats.client("codex"), AT)
    first = formats.put_into(one, AT, None)
    assert formats.OURS in first.splitlines()[0]
    assert formats.put_into(replace(one, text="new\n"), AT, first) == f"# {formats.OURS}\nnew\n"


CHAT = replace(AT, server="chat", root_url="http://127.0.0.1:9001")


@pytest.mark.parametrize("name", [one.name for one in formats.clients() if one.file])
def test_each_server_of_a_home_is_its_own_in_a_client(name: str) -> None:
    """Written for one and then for the other: neither is lost, whether they share a file or not."""
    ours, theirs = (formats.filled(formats.client(name), at) for at in (AT, CHAT))
    both = [formats.put_into(ours, AT, None)]
    if ours.file != theirs.file:
        both.append(formats.put_into(theirs, CHAT, None))
    elif ours.merge == "json":
        both = [formats.put_into(theirs, CHAT, both[0])]
    else:
        with pytest.raises(UsageError, match="the settings of another server"):
            formats.put_into(theirs, CHAT, both[0])
        return
    assert all(at.root_url in "".join(both) for at in (AT, CHAT))


def test_each_server_of_a_home_has_a_key_of_its_own(serve: Serve) -> None:
    assert found(serve(key=True), "opencode").key.startswith("export DEPLOY_TUI_API_KEY=")
    chat = found(serve(key=True, server="chat-2"), "opencode")
    assert chat.key.startswith("export DEPLOY_TUI_API_KEY_CHAT_2=")
    assert "{env:DEPLOY_TUI_API_KEY_CHAT_2}" in chat.client.text and "deploy-tui-chat-2" in chat.client.text


def test_without_a_server_and_without_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["server", "connect", "curl", "--home", str(tmp_path)]) == 2
    assert main(["server", "connect", "opncode", "--home", str(tmp_path)]) == 2
    assert 'did you mean "opencode"?' in capsys.readouterr().err
    assert main(["server", "connect", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["clients"]] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_settings_are_printed_as_they_are(serve: Serve, capsys: pytest.CaptureFixture[str], name: str) -> None:
    home = serve("--tool-call-parser=hermes")
    words = ["server", "connect", name, "--home", str(home.root)]
    main(words)
    said, one = capsys.readouterr().out, found(home, name)
    text = one.client.text
    assert said == (f"{one.key}\n" if one.key else "") + text.rstrip("\n") + "\n"
    main([*words, "--json"])
    assert json.loads(capsys.readouterr().out)["text"] == text


def test_a_coding_agent_needs_room_for_its_own_instructions(serve: Serve) -> None:
    narrow, wide = serve("--tool-call-parser=hermes"), serve("--tool-call-parser=hermes", "--max-model-len=65536")
    for name in ("opencode", "codex", "claude-code"):
        small, large = (
            next(row for row in found(home, name).rows if row.parameter == "context") for home in (narrow, wide)
        )
        assert (small.status, large.status) == ("problem", "ok")
        assert f"{formats.client(name).sends:,}" in small.client and "overhead" in small.fix
    assert next(row for row in found(narrow, "curl").rows if row.parameter == "context").status == "ok"


def test_what_a_client_decides_itself_is_not_claimed(serve: Serve) -> None:
    home = serve()
    assert [name for name in NAMES if any(row.parameter == "temperature" for row in found(home, name).rows)] == [
        "langchain"
    ]


def test_a_client_that_does_not_start_without_a_key_is_given_one(serve: Serve) -> None:
    home = serve()
    given = {name: found(home, name).key for name in NAMES}
    assert [name for name in NAMES if given[name]] == ["codex", "zed"]
    assert given["codex"] == "export DEPLOY_TUI_API_KEY=none"


def test_a_server_that_still_starts_is_waited_for_and_not_started_again(tmp_path: Path) -> None:
    state = ServerState(state=ServerStatus.STARTING)
    with pytest.raises(UsageError) as caught:
        ready_server.launch_of(Home(tmp_path, "chat"), state, "connect to")
    assert "Wait until it is ready: `deploy-tui server status --server chat`" in caught.value.fix
