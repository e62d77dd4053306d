"""The journal: one line per event, no secrets, readable after a kill."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.core.runs import events as ev
from installer.core.runs.home import RunFolder
from installer.engine.journal import Journal, read

SAMPLES: list[ev.Event] = [
    ev.RunStarted("r1", "x", "X", "/h", 12, "here"),
    ev.PlanReady((ev.StageOutline(1, "cuda", "Check", "pending"),), 3, 99),
    ev.StageStarted(3, "pytorch", "Install PyTorch"),
    ev.ChangeStarted(3, "install torch", ("uv", "pip")),
    ev.OutputLine(3, "héllo ]["),
    ev.Progress(3, "torch", 5, None),
    ev.Notice(None, "warning", "careful"),
    ev.ProcessStarted(3, 99, 12.5),
    ev.Deed(10, "server", {"port": 8000}),
    ev.GenerationSwitched(3, 2, 1),
    ev.StageFinished(3, "pytorch", "done", "", 1.5),
    ev.RollbackStarted(3),
    ev.RollbackFinished(3, ("a", "b")),
    ev.ServerReady("http://x", 1, "m", "hi", "curl", 3.0, 12.0, None, True),
    ev.RunFinished("failed", 1, 2.0, 3, "w", "y", "f"),
]


def test_every_kind_of_event_has_a_sample() -> None:
    assert {type(event) for event in SAMPLES} == set(ev.EVENTS)


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.kind)
def test_an_event_comes_back_as_it_was(event: ev.Event) -> None:
    entry = ev.Entry(1.5, event)
    line = ev.to_json(entry)
    assert "\n" not in line
    assert ev.from_json(line) == entry


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    journal = Journal(run)
    journal.append(SAMPLES[0])
    journal.close()
    with run.journal.open("a") as file:
        file.write('{"event":"stage-sta')
    assert [entry.event for entry in read(run.journal)] == [SAMPLES[0]]


def test_output_goes_into_the_stages_own_log(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    journal = Journal(run)
    journal.append(ev.OutputLine(3, "one"))
    journal.append(ev.OutputLine(4, "two"))
    journal.append(ev.OutputLine(3, "three"))
    assert run.log(3).read_text() == "one\nthree\n"


def test_no_secret_is_written_down(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    seen: list[ev.Entry] = []
    journal = Journal(run, secrets=("very-secret-value",), sink=seen.append)
    journal.append(ev.OutputLine(3, "token=very-secret-value and hf_abcdefghijklmnop"))
    journal.append(ev.Notice(3, "info", "see https://user:passw0rd@host/simple"))
    journal.close()
    everything = run.journal.read_text() + run.log(3).read_text() + str(seen)
    for secret in ("very-secret-value", "hf_abcdefghijklmnop", "passw0rd"):
        assert secret not in everything


def test_unknown_kinds_of_a_newer_version_are_left_out() -> None:
    assert ev.from_json(json.dumps({"event": "from-the-future", "at": 1})) is None
