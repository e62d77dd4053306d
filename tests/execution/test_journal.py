"""The journal: one line per event, no secrets, readable after a kill."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from installer.core.runs import events as ev
from installer.core.runs.home import Home, RunFolder
from installer.core.secrets import Redactor
from installer.execution.journal import Journal, ended, read
from installer.session.runs import Tail

SAMPLES: list[ev.Event] = [
    ev.RunStarted("r1", "x", "X", "/h", 12, "here"),
    ev.PlanReady((ev.StageOutline(1, "cuda", "Check", "pending"),), 3, 99),
    ev.StageStarted(3, "pytorch", "Install PyTorch"),
    ev.ChangeStarted(3, "install torch", ("uv", "pip")),
    ev.OutputLine(3, "héllo ]["),
    ev.CheckFinished(9, "files", "ok", "3 files"),
    ev.Progress(3, "torch", 5, None),
    ev.Notice(None, "warning", "careful"),
    ev.ProcessStarted(3, 99, 12.5, "here"),
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
    journal = Journal(run, redactor=Redactor(("very-secret-value",)), sink=seen.append)
    journal.append(ev.OutputLine(3, "token=very-secret-value and hf_abcdefghijklmnop"))
    journal.append(ev.Notice(3, "info", "see https://user:passw0rd@host/simple"))
    journal.close()
    everything = run.journal.read_text() + run.log(3).read_text() + str(seen)
    for secret in ("very-secret-value", "hf_abcdefghijklmnop", "passw0rd"):
        assert secret not in everything


def test_unknown_kinds_of_a_newer_version_are_left_out() -> None:
    assert ev.from_json(json.dumps({"event": "from-the-future", "at": 1})) is None


def test_an_event_after_a_torn_line_is_not_swallowed(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    journal = Journal(run)
    journal.append(SAMPLES[0])
    journal.close()
    with run.journal.open("ab") as file:
        file.write(b'\0\0{"event":"stage-sta')
    assert not ended(run.journal)
    journal = Journal(run)
    journal.append(SAMPLES[-1])
    journal.close()
    assert [entry.event for entry in read(run.journal)] == [SAMPLES[0], SAMPLES[-1]]
    assert ended(run.journal)


def test_all_views_cut_a_journal_into_the_same_lines(tmp_path: Path) -> None:
    home = Home(tmp_path)
    run = home.run("r")
    journal = Journal(run)
    odd = [ev.OutputLine(3, text) for text in ("a\u2028b", "c\x85d", "e\x0cf", "g\x1ch", "\ud800")]
    for event in odd:
        journal.append(event)
    journal.close()
    torn = ev.to_json(ev.Entry(1.0, SAMPLES[-1]))
    with run.journal.open("a") as file:
        file.write(torn[:-1])
    tail = Tail(home, run)
    assert tail.poll() == read(run.journal) and len(read(run.journal)) == len(odd)
    assert not ended(run.journal) and not tail.ended
    with run.journal.open("a") as file:
        file.write(torn[-1])  # whole, only its line end is still missing
    assert [entry.event for entry in tail.poll()] == [SAMPLES[-1]] == [read(run.journal)[-1].event]
    assert ended(run.journal) and tail.ended
    with run.journal.open("a") as file:
        file.write("\n")
    assert tail.poll() == []


@pytest.mark.parametrize(
    "line",
    [
        '{"event":"stage-started","at":1,"stage":"3","name":"x","title":"y"}',
        '{"event":"stage-started","at":1e400,"stage":3,"name":"x","title":"y"}',
        '{"event":"stage-started","at":-1e11,"stage":3,"name":"x","title":"y"}',
        '{"event":["stage-started"],"at":1}',
        '{"event":"plan-ready","at":1,"stages":[[1]]}',
        "[" * 100_000,
        "1" * 10_000,
    ],
)
def test_what_no_engine_writes_is_no_event(line: str) -> None:
    assert ev.from_json(line) is None


def test_a_full_volume_ends_the_run_once_and_its_end_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path / "run")
    journal = Journal(run)
    journal.append(SAMPLES[0])
    real, full = os.write, [True]

    def write(handle: int, data: bytes) -> int:
        if full and (run.root / "reserve").exists():
            real(handle, bytes(data)[:7])
            raise OSError(28, "No space left on device")
        return real(handle, data)

    monkeypatch.setattr("installer.execution.journal.os.write", write)
    with pytest.raises(OSError, match="No space"):
        journal.append(SAMPLES[2])
    journal.append(SAMPLES[-1])
    assert [entry.event for entry in read(run.journal)] == [SAMPLES[0], SAMPLES[-1]]
    journal.close()


def test_a_volume_that_is_gone_ends_the_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(RunFolder(tmp_path / "run"))

    def write(handle: int, data: bytes) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("installer.execution.journal.os.write", write)
    with pytest.raises(OSError, match="Read-only"):
        journal.append(SAMPLES[0])
    journal.append(SAMPLES[-1])
