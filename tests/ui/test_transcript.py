"""What each event says in the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.runs import events as ev
from installer.ui import transcript
from installer.ui.transcript import ALL, Line, Transcript, lines_of, shown
from tests.ui.replay import JOURNALS, recorded


def said(event: ev.Event) -> list[str]:
    return [line.text for line in lines_of(ev.Entry(0.0, event))]


def test_a_command_is_shown_as_it_was_run() -> None:
    assert said(ev.ChangeStarted(3, "torch", ("uv", "pip", "install", "torch"))) == [
        "· torch",
        "$ uv pip install torch",
    ]
    assert said(ev.ChangeStarted(3, "torch")) == ["· torch"]


def test_what_a_rollback_left_is_named() -> None:
    assert said(ev.RollbackFinished(10, ("process 7",))) == ["! left: process 7"]
    assert said(ev.RollbackFinished(10)) == ["◂ taken back"]


def test_an_end_says_its_three_sentences() -> None:
    lines = said(ev.RunFinished("failed", 1, 75.0, 7, "What.", "Why.", "Fix."))
    assert lines == ["✗ run failed after 1 min 15 s", "What.", "Why.", "Fix."]


def test_bookkeeping_says_nothing() -> None:
    for event in (ev.Progress(3, "torch", 1, 2), ev.ProcessStarted(3, 1, 0.0), ev.Deed(3, "x", {}), ev.PlanReady(())):
        assert said(event) == []


def test_output_loses_escape_codes_and_nothing_else() -> None:
    assert said(ev.OutputLine(3, "\x1b[31m  [/foo] ok\x1b[0m")) == ["  [/foo] ok"]


def test_lines_are_kept_by_stage_and_for_all() -> None:
    lines = [Line(3, "a"), Line(8, "b"), Line(None, "c"), Line(3, "d")]
    kept = Transcript()
    kept.add(lines)
    assert list(kept.of(3)) == ["a", "d"] == shown(lines, 3)
    assert list(kept.of(ALL)) == [" 3  a", " 8  b", "    c", " 3  d"] == shown(lines, ALL)
    assert list(kept.of(9)) == []


def test_only_the_newest_lines_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript, "MAX_LINES", 10)
    kept = Transcript()
    kept.add(Line(3, str(number)) for number in range(25))
    assert list(kept.of(3)) == [str(number) for number in range(15, 25)]


@pytest.mark.parametrize("journal", sorted(JOURNALS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_output_line_of_a_recording_is_there(journal: Path) -> None:
    entries = recorded(journal.stem)
    kept = Transcript()
    for entry in entries:
        kept.add(lines_of(entry))
    for entry in entries:
        if isinstance(entry.event, ev.OutputLine):
            assert entry.event.text in kept.of(entry.event.stage)
