"""Follows one run's journal: takes it in piece by piece, folds the events and hands on what changed, in batches.

Runs off the thread that draws and never touches a widget.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from installer.core.runs.events import Entry, Progress
from installer.core.runs.fold import RunView, fold
from installer.ui.messages import RunAdvanced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from installer.core.runs.home import RunFolder
    from installer.ui.bridge import Pulse
    from installer.ui.log.journal_rows import JournalRows

AT_ONE_GO_S = 0.25
"""How long a long journal is taken in before what is known so far is shown."""


class Follower:
    """The state of following one run."""

    def __init__(self, run: RunFolder, rows: JournalRows, open_pulse: Callable[[], Pulse]) -> None:
        self.run = run
        self.ended = False
        self._rows = rows
        self._open_pulse = open_pulse
        self._pulse: Pulse | None = None
        self._view = RunView()

    def step(self) -> RunAdvanced | None:
        """What happened since the last step; `None` where nothing did."""
        pulse = self._pulse = self._pulse or self._open_pulse()
        gone = pulse.gone  # asked first: what is written after the answer is still read
        samples, pieces, whole = self._take_in()
        self.ended = whole and (gone or self._view.finished is not None)
        if not pieces and not self.ended:
            return None
        return RunAdvanced(self.run, self._view, tuple(samples), self.ended)

    def _take_in(self) -> tuple[list[tuple[float, int]], int, bool]:
        """Bytes fetched so far by time, how many pieces there were, and whether that was all for now."""
        samples: list[tuple[float, int]] = []
        deadline, pieces = time.monotonic() + AT_ONE_GO_S, 0
        while time.monotonic() < deadline:
            entries = self._rows.take()
            if entries is None:
                return samples, pieces, True
            pieces += 1
            samples += self._fold(entries)
        return samples, pieces, False

    def _fold(self, entries: Sequence[Entry]) -> list[tuple[float, int]]:
        samples = []
        for entry in entries:
            self._view = fold(self._view, entry)
            if isinstance(entry.event, Progress):
                samples.append((entry.at, self._view.bytes_done))
        return samples
