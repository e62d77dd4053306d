"""What the background tells the screen. Values only; each arrives on the thread that draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from installer.core import errors
    from installer.core.contracts.figures import Piece, ServingFigures
    from installer.core.contracts.server_history import ServerHistory
    from installer.core.contracts.serving import ServerState
    from installer.core.machine.meters import Reading
    from installer.core.plans import plan
    from installer.core.recipes.recipe import Recipe
    from installer.core.runs import cause
    from installer.core.runs.fold import RunView
    from installer.core.runs.home import RunFolder
    from installer.core.runs.summary import GenerationSummary, RunSummary
    from installer.core.runs.ticket_file import TicketFile
    from installer.knowledge.parameters import Parameter
    from installer.ui.rate import Sample
    from installer.ui.replay.tape import Tape


class BackgroundMessage(Message):
    """Something that the background found out."""


@dataclass
class RunningRead(BackgroundMessage):
    """Whether a run is in progress that the screen should attach to."""

    running: RunFolder | None


@dataclass
class Planned(BackgroundMessage):
    """A plan is ready, with what is known about the server and about earlier runs."""

    asked: int
    """Which question this answers; an answer to an older one is dropped."""
    plan: plan.Plan
    title: str
    """Of the recipe."""
    server: ServerState | None
    latest: RunFolder | None
    flags: Sequence[Parameter] = ()
    """Of the planned server, explained."""
    took: Mapping[int, float] = field(default_factory=dict)
    """Seconds that a stage took when this recipe was last deployed here, by its number."""


@dataclass
class Listed(BackgroundMessage):
    """What the palette offers, whether there is a plan or not."""

    recipes: Sequence[str]
    """The names of the included ones."""
    runs: Sequence[RunSummary]
    """The newest ones."""


@dataclass
class PlanFailed(BackgroundMessage):
    asked: int
    error: errors.DeployError


@dataclass
class RecipesRead(BackgroundMessage):
    recipes: Sequence[Recipe]
    settings: Sequence[str] = ()
    """Those of the last plan."""


@dataclass
class SettingsChecked(BackgroundMessage):
    recipe: str
    settings: Sequence[str]
    why: str
    """What is wrong with them; empty where nothing is."""
    blockers: Sequence[plan.Finding] = ()
    """What a plan would have against them."""
    flag: Parameter | None = None
    """The flag that was typed last, explained."""


@dataclass
class Assessed(BackgroundMessage):
    """What a recipe comes to on this machine."""

    recipe: str
    verdict: plan.Plan | errors.DeployError


@dataclass
class Launched(BackgroundMessage):
    """An installer process runs; its journal can be followed."""

    run: RunFolder


@dataclass
class RunAdvanced(BackgroundMessage):
    """More of a run's journal was read."""

    run: RunFolder
    view: RunView
    samples: tuple[Sample, ...]
    """What was fetched, by time."""
    ended: bool
    """True where no more will come."""


@dataclass
class CauseFound(BackgroundMessage):
    """Why a run failed, as far as is known, and what could be gone back to."""

    run: RunFolder
    cause: cause.Cause | None
    row: int | None
    """Where it is in the log."""
    generations: Sequence[int]


@dataclass
class Explained(BackgroundMessage):
    """What is known about a line of a log."""

    cause: cause.Cause | None


@dataclass
class ServerPastRead(BackgroundMessage):
    """What the server has been through."""

    past: ServerHistory


@dataclass
class TicketMade(BackgroundMessage):
    """In memory; nothing is written yet."""

    ticket: TicketFile


@dataclass
class TicketWritten(BackgroundMessage):
    path: Path


@dataclass
class ServerPolled(BackgroundMessage):
    """The state of this home's server right now."""

    state: ServerState
    at: float
    """Seconds since the epoch."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ServerPolled)


class ServerLogGrown(BackgroundMessage):
    """More of the server's log was read."""


@dataclass
class Counted(BackgroundMessage):
    """What the engine counts; `None` where it does not say."""

    figures: ServingFigures | None

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Counted)


@dataclass
class AnswerGrown(BackgroundMessage):
    """The next piece of an answer."""

    piece: Piece


@dataclass
class Tried(BackgroundMessage):
    """An answer of a certain form."""

    what: str
    text: str


@dataclass
class PriceRead(BackgroundMessage):
    """What an hour of this machine costs; `None` if unknown."""

    price: float | None


@dataclass
class TookRead(BackgroundMessage):
    """What the stages of a run's recipe took in this home before."""

    run: RunFolder
    seconds: Mapping[int, float]


@dataclass
class Benchmarked(BackgroundMessage):
    """What was measured so far, and how much; or why nothing was."""

    figures: Sequence[tuple[str, str]]
    done: bool = False
    """Nothing more comes."""


@dataclass
class KeyRead(BackgroundMessage):
    key: str | None


@dataclass
class ExamplesRead(BackgroundMessage):
    examples: Mapping[str, str]


@dataclass
class Remembered(BackgroundMessage):
    """The runs and the generations of this home, the newest first."""

    runs: Sequence[RunSummary]
    generations: Sequence[GenerationSummary]


@dataclass
class Sized(BackgroundMessage):
    """Bytes that each generation takes, by its number."""

    sizes: Mapping[int, int]


@dataclass
class RolledBack(BackgroundMessage):
    generation: int


@dataclass
class Measured(BackgroundMessage):
    """A reading of the machine; an older one that still waits is dropped."""

    reading: Reading

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Measured)


@dataclass
class TapeRead(BackgroundMessage):
    """An earlier run can be played."""

    tape: Tape


@dataclass
class Trouble(BackgroundMessage):
    """Something that was requested could not be done."""

    error: errors.DeployError


class ServerStopped(BackgroundMessage):
    """The model server is down, as was asked."""
