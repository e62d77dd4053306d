"""What the background tells the screen. Values only; each arrives on the thread that draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installer.core.contracts.serving import ServerState
    from installer.core.errors import DeployError
    from installer.core.machine.meters import Reading
    from installer.core.plans.plan import Plan
    from installer.core.recipes.recipe import Recipe
    from installer.core.runs.fold import RunView
    from installer.core.runs.home import RunFolder
    from installer.knowledge.parameters import Parameter
    from installer.ui.transcript import Line


@dataclass
class Looked(Message):
    """Whether a run is in progress that the screen should attach to."""

    running: RunFolder | None


@dataclass
class Planned(Message):
    """A plan is ready, with what is known about the server and about earlier runs."""

    asked: int
    """Which question this answers; an answer to an older one is dropped."""
    plan: Plan
    title: str
    """Of the recipe."""
    server: ServerState | None
    latest: RunFolder | None
    flags: Sequence[Parameter] = ()
    """Of the planned server, explained."""


@dataclass
class PlanFailed(Message):
    asked: int
    error: DeployError


@dataclass
class RecipesRead(Message):
    recipes: Sequence[Recipe]


@dataclass
class Launched(Message):
    """An engine runs; its journal can be followed."""

    run: RunFolder


@dataclass
class RunAdvanced(Message):
    """More of a run's journal, already folded."""

    run: RunFolder
    view: RunView
    lines: tuple[Line, ...]
    samples: tuple[tuple[float, int], ...]
    """Bytes fetched so far, by time."""
    ended: bool
    """True where no more will come."""


@dataclass
class LogRead(Message):
    """The log file of one stage."""

    stage: int
    lines: Sequence[str]


@dataclass
class Measured(Message):
    """A reading of the machine; an older one that still waits is dropped."""

    reading: Reading

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Measured)


@dataclass
class Trouble(Message):
    """Something that was asked for could not be done."""

    error: DeployError


@dataclass
class ServerStopped(Message):
    """The model server is down, as was asked."""
