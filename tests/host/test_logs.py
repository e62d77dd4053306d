"""Logs that people hand in: long ones, odd ones, packed ones, and what is no log."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.host import logs


def read(path: Path) -> bytes:
    return b"".join(logs.read_log(str(path)))


def test_a_log_with_bytes_that_are_no_text(tmp_path: Path) -> None:
    log = tmp_path / "odd.log"
    log.write_bytes(b"one\r\n\xff\xfetwo\nthree")

    assert read(log) == b"one\r\n\xff\xfetwo\nthree"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    log = tmp_path / "odd.log"
    log.write_bytes("first line\nKeyError: 'é'\n".encode(encoding))

    assert read(log) == "first line\nKeyError: 'é'\n".encode()


def said_of(log: Path) -> str:
    """What is told of a log that could not be read to its end."""
    told: list[str] = []
    list(logs.read_log(str(log), told.append))
    return " ".join(told)


def test_gzip_in_several_parts(tmp_path: Path) -> None:
    log = tmp_path / "log.gz"
    log.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))

    assert read(log) == b"one\ntwo\n"


def test_gzip_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    log = tmp_path / "log.gz"
    body = b"".join(b"line %d\n" % number for number in range(50_000))
    log.write_bytes(gzip.compress(body)[:-2000])

    assert body.startswith(read(log)[:1000]) and len(read(log)) > 1000
    assert "cut off or damaged: only the first" in said_of(log)
    log.write_bytes(gzip.compress(body) + b"and something else")
    assert "damaged" in said_of(log)
    log.write_bytes(gzip.compress(body))
    assert said_of(log) == ""


def test_reading_a_gzip_without_end_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST", 8 << 20)
    log = tmp_path / "bomb.gz"
    log.write_bytes(gzip.compress(b"x" * 99 + b"\n") + gzip.compress(b"y\n" * (16 << 20)))

    assert len(read(log)) <= (8 << 20) + logs.BLOCK
    assert "Only its first" in said_of(log)


def test_that_a_long_log_was_not_read_to_its_end_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST", 4 << 20)
    log = tmp_path / "long.log"
    log.write_bytes(b"line\n" * (1 << 20))

    assert "Only its first" in said_of(log) and len(read(log)) <= 4 << 20


def test_lines_that_no_message_has_are_cut(tmp_path: Path) -> None:
    log = tmp_path / "long.log"
    log.write_bytes(b"before\n" + b"A" * (9 << 20) + b"the end\nafter\n" + b"B" * 20_000 + b"\nlast\n")

    lines = read(log).split(b"\n")

    assert [line[:6] for line in lines] == [b"before", b"AAAAAA", b"after", b"BBBBBB", b"last", b""]
    assert lines[1].endswith(b"the end")
    assert max(len(line) for line in lines) <= logs.LONGEST + 100


def test_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Killed\n")))

    assert b"".join(logs.read_log("-")) == b"Killed\n"


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
