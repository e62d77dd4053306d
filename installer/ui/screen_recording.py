"""Writes down what the screen shows of a run while it runs: one picture after the other, never what someone types.

It begins with the run and ends with it. Pictures are what the compositor has, so nothing is drawn again for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual._context import visible_screen_stack

from installer.core.runs.cast import marks
from installer.core.runs.fold import RunView
from installer.execution.recording import Recording
from installer.execution.secrets import secrets_here

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from installer.core.runs.home import Home, RunFolder


class ScreenRecording:
    """Of one run on one screen."""

    def __init__(self, app: App[Any], home: Home, run: RunFolder, looked_at: Callable[[RunFolder], bool]) -> None:
        """`looked_at`: whether the run is what the screen shows, and not a chat or another run."""
        self._app, self._run, self._looked_at = app, run, looked_at
        self._view = RunView()
        self._recording = Recording(run.cast, f"deploy-tui run {run.id}", self._size, lambda: secrets_here(home))

    def advanced(self, run: RunFolder, view: RunView) -> None:
        """A run went on: note where, if it is this one."""
        if run == self._run:
            for name in marks(self._view, view):
                self._recording.mark(name)
            self._view = view

    def picture(self, *, last: bool = False) -> None:
        """What is shown now, where it is time for that."""
        if (last or self._recording.due) and self._app.is_running and self._looked_at(self._run):
            visible_screen_stack.set(self._app._background_screens)
            strips = self._app.screen._compositor.render_strips()
            self._recording.picture([strip.render(self._app.console) for strip in strips], self._size, last=last)

    def end(self) -> None:
        """The run is over, or the screen is left."""
        if self._view.finished is not None:
            self.picture(last=True)
            self._recording.end(self._view.finished.exit_code)
        self._recording.close()

    @property
    def _size(self) -> tuple[int, int]:
        return self._app.size.width, self._app.size.height
