"""`server key`: prints the key for a shell, renews it, and says so where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer import cli


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(["server", "key", *words])
    said = capsys.readouterr()
    return int(code or 0), said.out, said.err


def test_a_home_without_a_key_says_how_one_comes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--home", str(tmp_path))
    assert (code, out) == (2, "")
    assert "no key" in err and "--renew" in err


def test_it_is_printed_alone_and_renewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, first, _ = run(capsys, "--home", str(tmp_path), "--renew")
    assert first.startswith("sk-") and first.count("\n") == 1
    assert run(capsys, "--home", str(tmp_path)) == (0, first, "")
    _, second, _ = run(capsys, "--home", str(tmp_path), "--renew")
    assert second != first
    body = json.loads(run(capsys, "--home", str(tmp_path), "--json")[1])
    assert body == {"schema": 1, "key": second.strip(), "in_use": False}
    assert (tmp_path / "server" / "key").stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "server" / "key").mkdir(parents=True)
    code, out, err = run(capsys, "--home", str(tmp_path))
    assert code != 0 and out == ""
    assert "server/key" in err and "Traceback" not in err
