"""A journal that was torn anywhere: what was whole stays, and what is written next is read again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.execution.journal import Journal, ended, read

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
EVENTS = st.lists(
    st.builds(ev.OutputLine, st.integers(1, 10), TEXT) | st.builds(ev.Notice, st.none(), st.just("warning"), TEXT)
    | st.builds(ev.Progress, st.integers(1, 10), TEXT, st.integers(0, 9), st.none()),
    min_size=1, max_size=6,
)  # fmt: skip
DONE = ev.RunFinished("failed", 1, 2.0, 3, "w", "y", "f")


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(EVENTS, st.integers(0, 1 << 16), st.binary(max_size=20))
def test_what_was_whole_is_kept_and_what_follows_is_read(events: list[ev.Event], cut: int, garbage: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        run = Home(Path(place)).run("20260101-000000-1")
        first = Journal(run)
        for event in events:
            first.append(event)
        first.close()
        whole = run.journal.read_bytes()
        torn = whole[: cut % (len(whole) + 1)]
        run.journal.write_bytes(torn + garbage)
        kept = torn.count(b"\n")
        second = Journal(run)
        second.append(DONE)
        second.close()
        found = [entry.event for entry in read(run.journal)]
        assert found[:kept] == events[:kept]
        assert found[-1] == DONE and ended(run.journal)
