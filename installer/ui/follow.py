"""Follows one run's journal: polls its tail, folds the events and hands on what changed, in batches.

Runs off the thread that draws and never touches a widget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from installer.core.runs.events import Entry, Progress
from installer.core.runs.fold import RunView, fold
from installer.ui.messages import RunAdvanced
from installer.ui.transcript import MAX_LINES, Line, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from installer.core.runs.home import RunFolder
    from installer.ui.bridge import Tail


class Follower:
    """The state of following one run."""

    def __init__(self, run: RunFolder, open_tail: Callable[[], Tail]) -> None:
        self.run = run
        self.ended = False
        self._open_tail = open_tail
        self._tail: Tail | None = None
        self._view = RunView()

    def step(self) -> RunAdvanced | None:
        """What happened since the last step; `None` where nothing did."""
        tail = self._tail = self._tail or self._open_tail()
        ended = tail.ended  # asked first: what is written after the answer is still polled
        entries = tail.poll()
        if not entries and not ended:
            return None
        self.ended = ended
        lines, samples = self._take(entries)
        return RunAdvanced(self.run, self._view, tuple(lines[-MAX_LINES:]), tuple(samples), ended)

    def _take(self, entries: Sequence[Entry]) -> tuple[list[Line], list[tuple[float, int]]]:
        lines: list[Line] = []
        samples: list[tuple[float, int]] = []
        for entry in entries:
            self._view = fold(self._view, entry)
            lines.extend(lines_of(entry))
            if isinstance(entry.event, Progress):
                samples.append((entry.at, fetched(self._view)))
        return lines, samples


def fetched(view: RunView) -> int:
    """Bytes that all stages have fetched so far."""
    return sum(stage.bytes_done for stage in view.stages)
