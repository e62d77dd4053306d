"""The contract of the one door to the machine. Implemented in `installer.host`; nothing else runs a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from installer.core.contracts.serving import LaunchSpec, LogPiece, NamedProcess, ServerState, StartReport, StopReport
from installer.core.packages.archive import Archive
from installer.core.packages.sources import Sources
from installer.core.runs.home import Home


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
    """Clock ticks since the machine started: no clock that is set changes them."""
    place: str = ""
    """Names this start of the machine, and this container: elsewhere a pid means another process."""


Watch = Callable[[str], None]


class Host(Protocol):
    """What stages and installer process may ask of the machine. Every method may raise `Cancelled`."""

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
        line. With `on_screen` the command runs on a terminal of its own and that function gets the pieces of a line
        that is redrawn, which is where progress bars are, as they look a few times a second. A missing program is
        `Completed(127, …)`.
        """

    def get(
        self,
        url: str,
        *,
        timeout_s: float = 5.0,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        key_file: str = "",
    ) -> Answer:
        """One request; never raises for what the network does.

        `headers` may contain a secret: it is sent to no other host that the answer leads to, and never told.
        """

    def post(self, url: str, body: Mapping[str, Any], *, timeout_s: float = 60.0, key_file: str = "") -> Answer:
        """One JSON request; never raises for what the network does. `key_file` holds the server's key."""

    def stream(
        self, url: str, body: Mapping[str, Any], *, timeout_s: float = 60.0, key_file: str = ""
    ) -> AbstractContextManager[Iterator[str]]:
        """The `data:` lines of a server-sent stream, as they come. Raises `ConnectionError`."""

    def sizes(self, urls: Sequence[str]) -> dict[str, int]:
        """Content lengths by URL, asked side by side; those that did not answer are absent."""

    def page(self, url: str, *, accept: str = "", timeout_s: float = 5.0) -> Answer:
        """A page of a package index, asked with pip's certificate, proxy and credentials.

        `accept` is the header of that name. Never raises for what the network does. `file://` and paths are read as
        well; a folder answers with its index.html, or with a page of links to the files in it.
        """

    def archive(self, url: str, *, timeout_s: float = 10.0) -> Archive | None:
        """A wheel at an address (http, https, file) or a path, opened in place.

        `timeout_s` bounds the opening, and each later read. `None`: it could not be opened.
        """

    def transferred(self) -> int:
        """Bytes that pages and archives have cost so far."""

    def environment(self) -> dict[str, str]:
        """A copy of our own environment, for a child, without what would leak our Python into it."""

    def uv(self) -> str:
        """Path of the uv program that this tool includes."""

    def sources(self) -> Sources:
        """Where pip's configuration says that packages come from."""

    def clone(self, source: Path, target: Path) -> int:
        """Copy a folder to a new one by hard links; the bytes that had to be copied instead. Raises `OSError`."""

    def end_recorded(self, recorded: Spawned) -> bool:
        """End a process (and its session) that an earlier engine recorded; whether there was one."""

    def python(self, version: str) -> str | None:
        """Path of an interpreter of that "major.minor" on this machine; `None` if there is none."""

    def image_package(self, name: str) -> Path | None:
        """The `.dist-info` folder of a package of the machine's own Python; `None` if it has none."""

    def which(self, program: str) -> str | None:
        """Path of a program that could be run; `None` if there is none."""

    def library(self, name: str) -> bool:
        """Whether the loader knows a shared library such as "libnuma.so.1"."""

    def library_file(self, name: str) -> Path | None:
        """The file that the loader takes for a shared library; `None` if it knows none."""

    def is_root(self) -> bool:
        """Whether system packages may be installed."""

    def pause(self, seconds: float) -> None:
        """Wait; raises `Cancelled` as soon as someone asks the run to stop."""

    def server_state(self, home: Home) -> ServerState:
        """What is known about the home's server; "stopped" where nothing of it lives."""

    def launch_server(self, home: Home, spec: LaunchSpec) -> ServerState:
        """Start a server that survives us, under a supervisor. Raises `DeployError` if one runs already."""

    def server_ready(self, home: Home, seconds: float, report: StartReport | None = None) -> ServerState:
        """Write down that the running server generated a token, `seconds` after its launch; what that start came to."""

    def stop_server(self, home: Home, timeout_s: float | None = None) -> StopReport:
        """End the server and every process of it. Never raises `Cancelled`: it is what a cancelled stage calls."""

    def server_log(self, home: Home, *, after: int | None = None, lines: int = 200) -> LogPiece:
        """The last lines of the server's log, or all that came `after` the end of an earlier piece."""

    def port_owner(self, port: int) -> NamedProcess | None:
        """Who listens on a port of this machine; `None` if it is free."""
