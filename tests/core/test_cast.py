"""The format of a recording: read back as it was written, and what is none is refused."""

from __future__ import annotations

import pytest

from installer.core.runs import cast
from installer.core.runs import events as ev
from installer.core.runs.fold import RunView, fold


def test_it_is_read_back_as_it_was_written() -> None:
    made = cast.Cast(80, 24, 1000.0, "ü", (cast.Shown(0.5, "o", "\x1b[1mhi\r\n"), cast.Shown(2.0, "m", "1 cuda")))
    assert cast.parse(cast.written(made)) == made
    assert made.seconds == 2.0 and [one.text for one in made.marks] == ["1 cuda"]


@pytest.mark.parametrize(
    "text",
    ["", "no json", "[]", '{"version": 2, "width": 80, "height": 24}',
     '{"version": 3, "term": {"cols": -1, "rows": 4}}',
     '{"version": 3, "term": {"cols": 100000, "rows": 4}}', '{"version": 3}\n["a", "o", "x"]',
     '{"version": 3}\n[1e400, "o", "x"]', '{"version": 3}\n[-5, "o", "x"]', '{"version": 3}\n[1, "o", 5]'],
)  # fmt: skip
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        cast.parse(text)


def test_one_with_too_many_events_is_refused() -> None:
    with pytest.raises(ValueError, match="events"):
        cast.parse('{"version": 3}\n' + '[0,"o",""]\n' * 300_001)


def test_a_torn_line_is_left_out_and_so_is_a_remark() -> None:
    found = cast.parse('{"version": 3}\n# a remark\n[1, "o", "a"]\n[1, "o", "b\n[2, "o", "c"]\n[3, "o')
    assert [(one.at, one.text) for one in found.events] == [(1, "a"), (3, "c")]


def test_each_stage_is_marked_once_and_the_end_is() -> None:
    outline = (ev.StageOutline(1, "cuda", "Check", "pending"), ev.StageOutline(2, "environment", "Make", "pending"))
    events = (
        ev.PlanReady(outline), ev.StageStarted(1, "cuda", "Check"), ev.OutputLine(1, "x"),
        ev.StageFinished(1, "cuda", "done"), ev.StageStarted(2, "environment", "Make"),
        ev.RollbackStarted(2), ev.RollbackFinished(2), ev.RunFinished("failed", 1, stage=2),
    )  # fmt: skip
    view, found = RunView(), []
    for at, event in enumerate(events, 1):
        before, view = view, fold(view, ev.Entry(float(at), event))
        found += cast.marks(before, view)
    assert found == ["1 cuda", "2 environment", "failed in stage 2"]
