"""What `status`, `explain` and `ticket` say of an incident that a supervisor kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.cli import main
from installer.core.contracts.incident import LOG
from installer.core.runs.home import Home
from installer.host import incidents, server_folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.server.mkdir()
    for kind, words in (("died", "The server was ended by SIGKILL."), ("frozen", "It froze: no answer within 60 s.")):
        folder = incidents.begin(home.server, kind, {"reason": words, "recipe": "mini", "model": "tiny"})
        (folder / LOG).write_text("INFO all is well\nRuntimeError: CUDA error: an illegal memory access\n")
        row = {"pid": 7, "name": "VLLM::Worker", "state": "T (stopped)", "threads": 3, "memory_mib": 900}
        server_folder.write_json(folder / incidents.EVIDENCE, {"processes": [row], "gpus": {"error": "GPU is lost"}})
        incidents.note(folder, done="It was restarted after 5.0 s.", back_after_s=42.0)
    return home


def test_status_names_the_last_one(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(home.root), "status"]) == 0
    said = capsys.readouterr().out
    newest = incidents.all_of(home.server)[-1].id
    assert f"deploy-tui explain {newest}" in said and "back after 42 s" in said


def test_status_json_has_the_newest_and_lists_the_servers(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(home.root), "status", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [one["kind"] for one in body["server"]["incidents"]] == ["died", "frozen"]
    assert body["servers"] == [body["server"]]


def test_explain_takes_an_incident_or_the_newest(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    first = incidents.all_of(home.server)[0].id
    assert main(["--home", str(home.root), "explain", first]) == 0
    said = capsys.readouterr().out
    assert "ended by SIGKILL" in said and "illegal memory access" in said and "VLLM::Worker: T (stopped)" in said
    assert "the GPUs could not be asked: GPU is lost" in said
    assert "VLLM::Worker (process 7) was stopped by a signal" in said
    assert main(["--home", str(home.root), "explain", "--here", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["incident"]["kind"] == "frozen"


def test_an_incident_with_a_quiet_log_is_still_a_failure(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    newest = incidents.all_of(home.server)[-1].id
    (home.server / incidents.FOLDER / newest / LOG).write_text("INFO all is well\n")
    assert main(["--home", str(home.root), "explain", newest]) == 0
    said = capsys.readouterr().out
    assert "It froze" in said and "No failure" not in said


def test_explain_of_nothing_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), "explain"]) == 2
    assert main(["--home", str(tmp_path), "explain", "--here"]) == 2
    assert main(["--home", str(tmp_path), "explain", "20261129-100000-died"]) == 2
    assert "20261129-100000-died" in capsys.readouterr().err


def test_only_the_newest_twenty_stay(tmp_path: Path) -> None:
    made = [incidents.begin(tmp_path, "died", {"reason": str(number)}).name for number in range(25)]
    theirs = tmp_path / incidents.FOLDER / "mine"
    theirs.mkdir()
    incidents.begin(tmp_path, "died", {"reason": "last"})
    kept = incidents.all_of(tmp_path)
    assert [one.reason for one in kept] == [*map(str, range(6, 25)), "last"]
    assert theirs.is_dir() and len(made) == 25
