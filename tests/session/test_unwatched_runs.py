"""A run that nobody watched has a recording, told from its journal; what somebody wrote stays as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from installer.core.runs import events as ev
from installer.core.runs.cast import EXIT, parse
from installer.core.runs.home import Home, RunFolder
from installer.core.text.plain import clean
from installer.execution.recording import Recording
from installer.session.unwatched_runs import complete

TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz12345678"
EVENTS = (
    ev.RunStarted("20260101-000000-1", "mini", "Mini", "/h", 1, "this-machine"),
    ev.PlanReady((ev.StageOutline(3, "pytorch", "Install PyTorch", "pending"),)),
    ev.StageStarted(3, "pytorch", "Install PyTorch"),
    ev.OutputLine(3, f"fetched with {TOKEN}"),
    ev.RunFinished("failed", 1, 30.0, 3, "PyTorch could not be installed.", "No space is left.", "Make space."),
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    folder = Home(tmp_path).run("20260101-000000-1")
    folder.root.mkdir(parents=True)
    entries = (ev.Entry(1000.0 + 10 * number, event) for number, event in enumerate(EVENTS))
    folder.journal.write_text("".join(ev.to_json(entry) + "\n" for entry in entries))
    return folder


def test_all_of_it_is_told_at_its_time(run: RunFolder, tmp_path: Path) -> None:
    complete(Home(tmp_path), run)

    made = parse(run.cast.read_text())
    said = clean("\n".join(one.text for one in made.events))
    assert [(mark.at, mark.text) for mark in made.marks] == [(20.0, "3 pytorch"), (40.0, "failed in stage 3")]
    assert "Install PyTorch" in said and "No space is left." in said and TOKEN not in said
    assert (made.began, made.events[-1].kind, made.events[-1].text) == (1000.0, EXIT, "1")


def test_only_what_nobody_saw_is_added(run: RunFolder, tmp_path: Path) -> None:
    watched = Recording(run.cast, "t", (80, 24), tuple, clock=lambda: 1015.0)
    watched.line("seen by somebody")
    watched.close()
    os.utime(run.cast, (1015.0, 1015.0))

    complete(Home(tmp_path), run)

    made = parse(run.cast.read_text())
    texts = [one.text for one in made.events if one.kind == "o"]
    assert texts[0] == "seen by somebody\r\n" and "Mini" not in "".join(texts)
    assert [(mark.at, mark.text) for mark in made.marks] == [(5.0, "3 pytorch"), (25.0, "failed in stage 3")]


def test_a_recording_with_its_end_or_with_a_writer_is_left(run: RunFolder, tmp_path: Path) -> None:
    writer = Recording(run.cast, "t", (80, 24), tuple, clock=lambda: 1000.0)
    before = run.cast.read_text()
    complete(Home(tmp_path), run)
    assert run.cast.read_text() == before
    writer.end(1)
    writer.close()
    before = run.cast.read_text()
    complete(Home(tmp_path), run)
    assert run.cast.read_text() == before


def test_a_run_without_a_journal_gets_none(tmp_path: Path) -> None:
    folder = Home(tmp_path).run("20260101-000000-1")
    complete(Home(tmp_path), folder)
    assert not folder.cast.exists()
