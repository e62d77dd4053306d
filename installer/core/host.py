"""The contract of the one door to the machine. Implemented in `installer.host`; nobody else runs a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ended."""

    code: int
    """Exit status; negative: the signal that ended it."""
    output: str
    """What it printed on both streams, free of control characters; at most the last 200,000 characters."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `status` 0: nothing answered, and `body` says why in a few words."""

    status: int
    body: str
    url: str = ""
    headers: Mapping[str, str] | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Spawned:
    """A process that was just started."""

    pid: int
    created: float


Watch = Callable[[str], None]


class Host(Protocol):
    """What stages and engine may ask of the machine. Every method may raise `Cancelled`."""

    def run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        on_line: Watch | None = None,
        on_screen: Watch | None = None,
        on_start: Callable[[Spawned], None] | None = None,
        timeout_s: float | None = None,
    ) -> Completed:
        """Run `command` (never through a shell) to its end.

        `environment` replaces the whole environment; `None` inherits a cleaned one. `on_line` gets every finished
        line. With `on_screen` the command runs on a terminal of its own and that function gets every redrawn piece
        of a line, which is where progress bars are. A missing program is `Completed(127, …)`.
        """

    def get(self, url: str, *, timeout_s: float = 5.0, method: str = "GET") -> Answer:
        """One request; never raises for what the network does."""

    def post(self, url: str, body: Mapping[str, Any], *, timeout_s: float = 60.0) -> Answer:
        """One JSON request; never raises for what the network does."""

    def stream(
        self, url: str, body: Mapping[str, Any], *, timeout_s: float = 60.0
    ) -> AbstractContextManager[Iterator[str]]:
        """The `data:` lines of a server-sent stream, as they come. Raises `ConnectionError`."""

    def sizes(self, urls: Sequence[str]) -> dict[str, int]:
        """Content lengths by URL, asked side by side; those that did not answer are absent."""

    def environment(self) -> dict[str, str]:
        """A copy of our own environment, for a child, without what would leak our Python into it."""
