"""Following a journal: batches, the fold, the end."""

from __future__ import annotations

from pathlib import Path

from installer.core.runs.events import Entry
from installer.core.runs.fold import RunView, fold
from installer.core.runs.home import RunFolder
from installer.ui.follow import Follower
from installer.ui.log.journal_rows import JournalRows
from tests.ui.replay import ReplayPulse, recorded


def following(folder: Path, entries: list[Entry]) -> tuple[Follower, ReplayPulse]:
    run = RunFolder(folder)
    pulse = ReplayPulse(run.journal, entries, live=True)
    return Follower(run, JournalRows(run.journal), lambda: pulse), pulse


def test_everything_arrives_folded_in_one_batch(tmp_path: Path) -> None:
    entries = recorded("running-stage-6")
    follower, _ = following(tmp_path, entries)
    message = follower.step()
    assert message is not None and not message.ended and not follower.ended
    view = RunView()
    for entry in entries:
        view = fold(view, entry)
    assert message.view == view
    assert message.samples[-1][1] == view.bytes_done > 5_000_000_000
    assert follower.step() is None


def test_later_entries_come_with_the_next_step(tmp_path: Path) -> None:
    entries = recorded("cancelled")
    follower, pulse = following(tmp_path, entries[:-1])
    first = follower.step()
    assert first is not None and first.view.finished is None
    pulse.add(entries[-1])
    second = follower.step()
    assert second is not None and second.view.finished is not None and second.ended


def test_what_is_written_before_the_end_is_noticed_is_not_lost(tmp_path: Path) -> None:
    class Late(ReplayPulse):
        """Gone, with entries that were written after the last look."""

        @property
        def gone(self) -> bool:
            super().gone  # noqa: B018
            return True

    run = RunFolder(tmp_path)
    follower = Follower(run, JournalRows(run.journal), lambda: Late(run.journal, recorded("killed")))
    message = follower.step()
    assert message is not None and message.ended and message.view.stages and follower.ended


def test_the_engine_is_looked_for_by_the_first_step(tmp_path: Path) -> None:
    opened: list[str] = []
    run = RunFolder(tmp_path)

    def pulse() -> ReplayPulse:
        opened.append("pulse")
        return ReplayPulse(run.journal, [], live=True)

    follower = Follower(run, JournalRows(run.journal), pulse)
    assert opened == []
    follower.step()
    follower.step()
    assert opened == ["pulse"]
