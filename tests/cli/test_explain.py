"""`explain` at the command line: one document for programs, a few lines for people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.cli import main

UNKNOWN = "acme 3.1.4 starting\nacme: error: volume 'weights' has generation 9\nacme: exiting with status 3\n"
KNOWN = "[2026-01-01 00:00:00 TP0] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1 GiB\nKilled\n"


def said(capsys: pytest.CaptureFixture[str], log: Path, *options: str) -> str:
    assert main(["explain", str(log), *options]) == 0
    return capsys.readouterr().out


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "some.log"


def test_what_nobody_knows_gets_an_answer(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_text(UNKNOWN)

    told, document = said(capsys, log), json.loads(said(capsys, log, "--json"))

    for part in ("line 2", "volume 'weights' has generation 9", "from: acme 3.1.4", "caused: line 3", "search for: "):
        assert part in told
    assert document["candidates"] == []
    assert set(document["root"]) == {
        "line", "text", "exception", "package", "version", "frame", "process", "caused", "recovered", "search",
    }  # fmt: skip


def test_what_is_known_says_what_helps_and_its_source(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_text(KNOWN)

    told, document = said(capsys, log), json.loads(said(capsys, log, "--json"))

    assert "--mem-fraction-static" in told and "source: https://" in told
    assert "--gpu-memory-utilization" not in told and "deploy-tui" not in told
    assert document["candidates"][0]["id"] == "oom"
    assert document["root"]["caused"] == [2]


def test_a_healthy_log(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_text("INFO:     Application startup complete.\n")

    assert said(capsys, log) == "No failure in 1 lines.\n"
    assert json.loads(said(capsys, log, "--json"))["root"] is None


def test_a_log_of_a_run_of_ours_names_our_commands(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_text(KNOWN)
    (log.parent / "journal.jsonl").write_text("")

    assert "deploy-tui --stage 10" in said(capsys, log)


def test_this_machine_is_asked_where_it_is_wanted(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_text("OSError: [Errno 28] No space left on device\n")

    document = json.loads(said(capsys, log, "--here", "--home", str(log.parent), "--json"))

    assert [saying["symptom"] for saying in document["here"]][:1] == ["space-somewhere"]
    assert json.loads(said(capsys, log, "--json"))["here"] == []
