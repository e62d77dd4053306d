"""What a screen asks of the app, so that screens know a protocol and not the app. No behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from installer.core.machine.meters import Reading
    from installer.core.runs.home import RunFolder
    from installer.ui.run_model import Clock


class Requests(Protocol):
    """Each returns at once; the answer arrives as news."""

    clock: Clock
    reading: Reading | None
    """The machine, as it was measured last."""

    def look(self) -> None:
        """Look at what there is, and plan."""

    def plan(self, recipe: str | None = None) -> None:
        """Plan again, with another recipe where one is named."""

    def launch(self) -> None:
        """Start the run that was planned."""

    def follow(self, run: RunFolder) -> None:
        """Show a run."""

    def review(self) -> None:
        """Go back to the plan."""

    def show_end_if_over(self) -> None:
        """Show the last screen, where the run is over."""

    def pick_recipe(self) -> None:
        """Let a recipe be chosen."""

    def ask_cancel(self) -> None:
        """Cancel the run, after a question."""

    def stop_server(self) -> None:
        """Stop the model server, after a question."""

    def open_log(self, stage: int = ...) -> None:
        """Show the log of all stages, or of one."""

    def read_log(self, stage: int) -> None:
        """Read a stage's log file."""

    def open_stages(self) -> None:
        """Show a finished run's stages again."""

    def copy(self, text: str, what: str) -> None:
        """Hand `text` to the terminal's clipboard; `what` it is, for the notice."""
