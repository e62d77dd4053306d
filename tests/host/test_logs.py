"""Logs that people hand in: long ones, odd ones, and what is no log."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.host import logs


def test_a_log_with_bytes_that_are_no_text(tmp_path: Path) -> None:
    log = tmp_path / "odd.log"
    log.write_bytes(b"one\r\n\xff\xfetwo\nthree")

    assert logs.read_log(str(log)) == (["one\r", "��two", "three"], 0)


def test_of_a_long_log_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LIMIT_BYTES", 100)
    log = tmp_path / "long.log"
    log.write_text("".join(f"line {number:03}\n" for number in range(1, 101)))

    lines, left_out = logs.read_log(str(log))

    assert lines[-2] == "line 100"
    assert lines[0] == f"line {left_out + 1:03}"
    assert 80 <= left_out < 100


def test_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Killed\n")))

    assert logs.read_log("-") == (["Killed", ""], 0)


@pytest.mark.parametrize("body", [b"", b"\n \n", b"\x7fELF\0\0\0"])
def test_what_is_no_log(tmp_path: Path, body: bytes) -> None:
    log = tmp_path / "no.log"
    log.write_bytes(body)

    with pytest.raises(UsageError) as refused:
        logs.read_log(str(log))

    assert str(log) in refused.value.what
    assert refused.value.fix


@pytest.mark.parametrize("name", ["missing.log", ".", "a\0b"])
def test_what_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        logs.read_log(f"{tmp_path}/{name}")
