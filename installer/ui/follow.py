"""Follows one run's journal: takes it in piece by piece, folds the events and passes on what changed, in batches.

Runs off the thread that draws and never touches a widget.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from installer.core.runs.events import Entry, Progress
from installer.core.runs.fold import RunView, fold
from installer.ui.messages import RunAdvanced
from installer.ui.rate import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from installer.core.runs.home import RunFolder
    from installer.ui.bridge import Pulse
    from installer.ui.log.journal_rows import JournalRows

AT_ONE_GO_S = 0.4
"""How long a long journal is taken in before what is known so far is shown."""


FEW = 4
DRAWN_S = 0.3
"""So long it takes to draw more pieces than `FEW`; only then are they scanned for warnings and errors."""


class Follower:
    """The state of following one run."""

    def __init__(self, run: RunFolder, rows: JournalRows, open_pulse: Callable[[], Pulse]) -> None:
        self.run = run
        self.ended = False
        self.behind = False
        """There is more to be taken in already."""
        self._rows = rows
        self._open_pulse = open_pulse
        self._pulse: Pulse | None = None
        self._view = RunView()
        self._drawn_at = 0.0

    def step(self) -> RunAdvanced | None:
        """What happened since the last step; `None` if nothing did."""
        pulse = self._pulse = self._pulse or self._open_pulse()
        gone = pulse.gone  # asked first: what is written after the answer is still read
        deadline = time.monotonic() + AT_ONE_GO_S
        samples, pieces, complete = self._take_in(deadline)
        self.behind = not complete
        over = complete and (gone or self._view.finished is not None)
        if pieces > FEW:
            self._drawn_at = deadline + DRAWN_S
        shown = complete and time.monotonic() >= self._drawn_at
        scanned, left = self._scan(deadline) if shown else (0, True)
        self.ended = over and not left
        if not pieces and not scanned and not over:
            return None
        return RunAdvanced(self.run, self._view, tuple(samples), over)

    def _take_in(self, deadline: float) -> tuple[list[Sample], int, bool]:
        """What was fetched by time, how many pieces there were, and whether that was all for now."""
        samples: list[Sample] = []
        pieces = 0
        while time.monotonic() < deadline:
            entries = self._rows.take()
            if entries is None:
                return samples, pieces, True
            pieces += 1
            samples += self._fold(entries)
        return samples, pieces, False

    def _scan(self, deadline: float) -> tuple[int, bool]:
        """Scan the rows for warnings and errors; how many pieces that were, and whether any are left."""
        pieces = 0
        while time.monotonic() < deadline:
            if not self._rows.scan():
                return pieces, False
            pieces += 1
        return pieces, True

    def _fold(self, entries: Sequence[Entry]) -> list[Sample]:
        samples = []
        for entry in entries:
            self._view = fold(self._view, entry)
            if isinstance(entry.event, Progress):
                event = entry.event
                samples.append(Sample(entry.at, self._view.bytes_done, event.stage, event.subject, event.done))
        return samples
