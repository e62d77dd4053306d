"""Values that cannot be meant: a clear sentence, exit status 2, and nothing touched."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from installer import cli


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fit", "--model", ""], "--model is empty"),
        (["server", "start", "--then", ""], "--then is empty"),
        (["web", "--host", "0.0.0.0x"], "Nothing can listen on"),
        (["web", "--port", "99999"], "is not a valid port"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "said",
)
def test_a_value_that_cannot_be_meant(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*words, "--home", str(tmp_path / "home")]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "home" / "runs").exists()


def test_a_taken_port_is_said_before_an_address_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert cli.main(["web", "--port", str(port), "--home", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "Address already in use" in said.err


@pytest.mark.parametrize("words", [["{}", "plan"], ["{}", "status"], ["hosts.yaml", "plan", "--hosts", "{}"]])
def test_a_fleet_is_not_awaited_from_a_pipe_that_nobody_writes_into(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hosts.yaml").write_text("recipe: qwen2.5-0.5b-cpu\n")
    os.mkfifo(pipe := tmp_path / "pipe")
    assert cli.main(["fleet", *(word.format(pipe) for word in words)]) == 2
    assert "nothing came out of it" in capsys.readouterr().err


def test_a_fleet_is_read_from_a_pipe_that_someone_writes_into(capsys: pytest.CaptureFixture[str]) -> None:
    reads, writes = os.pipe()
    os.write(writes, b"hosts: nowhere\n")
    os.close(writes)
    assert cli.main(["fleet", f"/dev/fd/{reads}", "plan"]) == 2
    os.close(reads)
    assert f"/dev/fd/{reads}:1" in capsys.readouterr().err


def test_a_fleet_without_ssh_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := tmp_path / "hosts.yaml").write_text("hosts: [{name: a, address: 192.0.2.1}]\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["fleet", str(file), "plan"]) == 2
    assert "openssh-client" in capsys.readouterr().err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_defect(tmp_path: Path, closed: str) -> None:
    words = [sys.executable, "-m", "installer", "plan", "--offline", "--home", str(tmp_path), "--recipe", "x.yaml"]
    done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *words], capture_output=True, check=False)
    assert done.returncode == 2 and b"defect" not in done.stderr + done.stdout
    words = [sys.executable, "-m", "installer", "recipes", "list", "--home", str(tmp_path)]
    done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *words], capture_output=True, check=False)
    assert done.returncode == 0
