"""What a controller or the router may do with the screens, so that neither knows the app. A contract; no behaviour."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from textual.screen import Screen

    from installer.core.runs.home import RunFolder
    from installer.ui.questions import Question


class Shell(Protocol):
    """The app, as far as the router and the controllers know it."""

    @property
    def is_running(self) -> bool:
        """False while it closes, when news may still arrive."""

    @property
    def on_top(self) -> Screen[Any]: ...

    @property
    def place(self) -> str:
        """The place that is shown: "deploy", "serve" or "history"."""

    @property
    def alone(self) -> bool:
        """Whether nothing is opened on top of the place that is shown."""

    def go(self, place: str) -> None:
        """To another place, as it was left."""

    def replace(self, screen: Screen[Any]) -> None:
        """Show this one instead of the one before, without whatever was opened on top of that."""

    def open(self, screen: Screen[Any], answered: Callable[[Any], None] | None = None) -> None:
        """Show this one on top, until it is closed; what it answers goes to `answered`."""

    def close(self) -> None:
        """Close the top screen."""

    def ask(self, question: Question, yes: Callable[[], None]) -> None:
        """Do something if the person means it."""

    def say(self, words: str, *, title: str = "", severity: str = "information") -> None:
        """A notice; text that others wrote may be in it."""

    def bell(self) -> None:
        """Ring the terminal's bell."""

    def copy(self, text: str, what: str) -> None: ...

    def film(self, run: RunFolder) -> None:
        """Write down what is shown of this run, from now to its end."""

    def leave(self) -> None: ...
