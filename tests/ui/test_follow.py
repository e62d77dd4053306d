"""Following a journal: batches, the fold, the end."""

from __future__ import annotations

from pathlib import Path

from installer.core.runs.fold import RunView, fold
from installer.core.runs.home import RunFolder
from installer.ui.follow import Follower, fetched
from tests.ui.replay import ReplayTail, recorded

RUN = RunFolder(Path("/home/runs/r1"))


def test_everything_arrives_folded_in_one_batch() -> None:
    entries = recorded("running-stage-6")
    follower = Follower(RUN, lambda: ReplayTail(entries, live=True))
    message = follower.step()
    assert message is not None and not message.ended and not follower.ended
    view = RunView()
    for entry in entries:
        view = fold(view, entry)
    assert message.view == view
    assert message.samples[-1][1] == fetched(view) > 5_000_000_000
    assert follower.step() is None


def test_later_entries_come_with_the_next_step() -> None:
    entries = recorded("cancelled")
    tail = ReplayTail(entries[:-1], live=True)
    follower = Follower(RUN, lambda: tail)
    first = follower.step()
    assert first is not None and first.view.finished is None
    tail.add(entries[-1])
    second = follower.step()
    assert second is not None and second.view.finished is not None
    assert second.lines[0].text.startswith("× run cancelled")


def test_what_is_written_before_the_end_is_noticed_is_not_lost() -> None:
    class Late(ReplayTail):
        """Ended, with entries that were written after the last poll."""

        ended = True  # type: ignore[assignment]

    follower = Follower(RUN, lambda: Late(recorded("killed")))
    message = follower.step()
    assert message is not None and message.ended and message.view.stages and follower.ended


def test_the_tail_is_opened_by_the_first_step() -> None:
    opened: list[str] = []

    def tail() -> ReplayTail:
        opened.append("tail")
        return ReplayTail([], live=True)

    follower = Follower(RUN, tail)
    assert opened == []
    follower.step()
    follower.step()
    assert opened == ["tail"]
