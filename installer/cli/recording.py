"""Writes down what the console shows of a run, next to its journal. Shows nothing itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

from installer.cli import streams
from installer.cli.console import Console, JsonLines, View
from installer.core.runs.cast import marks
from installer.core.runs.events import Entry, RunFinished
from installer.core.runs.fold import RunView, fold
from installer.core.runs.home import Home, RunFolder
from installer.execution.recording import Recording
from installer.execution.secrets import secrets_here


@contextmanager
def recorded(home: Home, folder: RunFolder, view: View) -> Iterator[View]:
    """The same view, recorded. Of a run with `--json` the lines are kept that a person would have seen."""
    size = shutil.get_terminal_size()
    recording = Recording(
        folder.cast, f"deploy-tui run {folder.id}", (size.columns, size.lines), partial(secrets_here, home)
    )
    hidden = Console(recording.line) if isinstance(view, JsonLines) else None
    if isinstance(view, Console):
        view.redrawn = recording.redrawn
    try:
        with nullcontext() if hidden else streams.copied_to(recording.line):
            yield _Recorded(view, hidden, recording)
    finally:
        recording.close()


class _Recorded:
    def __init__(self, view: View, hidden: View | None, recording: Recording) -> None:
        self._view, self._hidden, self._recording = view, hidden, recording
        self._run = RunView()

    @property
    def exit_code(self) -> int:
        return self._view.exit_code

    def show(self, entry: Entry) -> None:
        before, self._run = self._run, fold(self._run, entry)
        for name in marks(before, self._run):
            self._recording.mark(name)
        if self._hidden:
            self._hidden.show(entry)
        self._view.show(entry)
        if isinstance(entry.event, RunFinished):
            self._recording.end(entry.event.exit_code)
