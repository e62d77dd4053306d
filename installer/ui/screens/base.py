"""What all our screens share: the keys that are the same everywhere, and the news that the app passes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding
from textual.screen import Screen

if TYPE_CHECKING:
    from installer.core.machine.meters import Reading
    from installer.ui.messages import LogRead
    from installer.ui.requests import Requests
    from installer.ui.transcript import Line


HELP = Binding("question_mark", "app.keys", "help", key_display="?")


class DeployScreen(Screen[None]):
    """A full screen. The hooks do nothing here; a screen overrides what concerns it."""

    ABOUT: ClassVar[str] = ""
    """A few sentences for the help."""

    composed = False
    """Everything that this screen is made of is there."""

    def on_mount(self) -> None:
        self.composed = True
        self.begin()

    def begin(self) -> None:
        """Fill in what is known."""

    @property
    def deploy(self) -> Requests:
        """The app, as far as a screen knows it."""
        return cast("Requests", self.app)

    def advanced(self, lines: tuple[Line, ...]) -> None:
        """The run that is followed went on."""

    def measured(self, reading: Reading) -> None:
        """The machine was measured."""

    def log_read(self, message: LogRead) -> None:
        """The log file of a stage was read."""
