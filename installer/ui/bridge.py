"""What the screen asks of a session: the one seam between Textual and everything else.

Protocols only. Whatever stands behind them runs in another process or in another thread; the screen never installs,
starts a process or reads the machine itself. Every method may take seconds and may raise `DeployError`, so none is
ever called on the thread that draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installer.core.contracts.serving import ServerState
    from installer.core.machine.meters import Reading
    from installer.core.plans.plan import Plan
    from installer.core.recipes.recipe import Recipe
    from installer.core.runs.events import Entry
    from installer.core.runs.home import Home, RunFolder
    from installer.knowledge.parameters import Parameter


class Tail(Protocol):
    """A journal that is read while it grows."""

    def poll(self) -> Sequence[Entry]:
        """The entries since the last call; never waits."""

    @property
    def ended(self) -> bool:
        """True once no more entries will come: the run finished, or its engine is gone."""


class Session(Protocol):
    """One home on one machine, and what can be asked of it."""

    @property
    def home(self) -> Home: ...

    def running(self) -> RunFolder | None:
        """A run in progress to attach to."""

    def latest(self) -> RunFolder | None:
        """The newest run, finished or not."""

    def recipes(self) -> Sequence[Recipe]: ...

    def flags(self) -> Sequence[Parameter]:
        """The flags of the server of the last plan, explained."""

    def select(self, recipe: str) -> None:
        """Choose another recipe by name; the next `plan` is for it."""

    def plan(self) -> Plan:
        """Work out what would happen (seconds; asks the network)."""

    def start(self) -> RunFolder:
        """Start the engine, detached, for the last plan."""

    def tail(self, run: RunFolder) -> Tail: ...

    def cancel(self, run: RunFolder) -> None: ...

    def server(self) -> ServerState: ...

    def stop_server(self) -> None: ...

    def meters(self) -> Reading: ...

    def stage_log(self, run: RunFolder, stage: int) -> Sequence[str]:
        """Every line of the log file of one stage."""
