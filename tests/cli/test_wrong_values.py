"""Values that cannot be meant: a clear sentence, exit status 2, and nothing touched."""

from __future__ import annotations

import socket
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
