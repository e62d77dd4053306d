"""What each event says in the log, and in whose voice."""

from __future__ import annotations

import pytest

from installer.core.runs import events as ev
from installer.ui.log.event_text import lines_of
from installer.ui.log.line import ERROR, PLAIN, WARNING


def said(event: ev.Event) -> list[str]:
    return [line.text for line in lines_of(ev.Entry(0.0, event))]


def voices(event: ev.Event) -> list[str]:
    return [line.voice for line in lines_of(ev.Entry(0.0, event))]


def test_a_command_is_shown_as_it_was_run() -> None:
    assert said(ev.ChangeStarted(3, "torch", ("uv", "pip", "install", "torch"))) == [
        "· torch",
        "$ uv pip install torch",
    ]
    assert said(ev.ChangeStarted(3, "torch")) == ["· torch"]


def test_what_a_rollback_left_is_named() -> None:
    assert said(ev.RollbackFinished(10, ("process 7",))) == ["! left behind: process 7"]
    assert said(ev.RollbackFinished(10)) == ["◂ rolled back"]


def test_an_end_says_its_three_sentences() -> None:
    lines = said(ev.RunFinished("failed", 1, 75.0, 7, "What.", "Why.", "Fix."))
    assert lines == ["✗ run failed after 1 min 15 s", "What.", "Why.", "Fix."]


def test_bookkeeping_says_nothing() -> None:
    for event in (ev.Progress(3, "torch", 1, 2), ev.ProcessStarted(3, 1, 0.0), ev.Deed(3, "x", {}), ev.PlanReady(())):
        assert said(event) == []


def test_output_loses_escape_codes_and_nothing_else() -> None:
    assert said(ev.OutputLine(3, "\x1b[31m  [/foo] ok\x1b[0m")) == ["  [/foo] ok"]


def test_a_program_that_speaks_like_us_has_no_voice_of_ours() -> None:
    ours = ev.StageFinished(9, "verification", "done", "", 1.0)
    theirs = ev.OutputLine(9, said(ours)[0])
    assert voices(ours) == ["good"] and voices(theirs) == [""]
    assert said(ours) == said(theirs), "the text alone cannot tell them apart"


def test_what_nobody_sees_is_taken_away() -> None:
    hidden = "a\u2028b\u2029c\u200bd\u200ee\u202ef\u2066g\ufeffh\U000e0041i\u00adj\u2060k"
    assert said(ev.OutputLine(3, hidden)) == ["abcdefghijk"]


@pytest.mark.parametrize(
    ("text", "level"),
    [("ERROR 11-21 [core.py:1] boom", ERROR), ("ValueError: no", ERROR), ("WARN  yanked", WARNING),
     ("UserWarning: x", WARNING), ("terror of errors", PLAIN), ("INFO all is well", PLAIN),
     ("Traceback (most recent call last):", ERROR)],
)  # fmt: skip
def test_how_grave_a_line_is(text: str, level: int) -> None:
    assert lines_of(ev.Entry(0.0, ev.OutputLine(3, text)))[0].level == level
