"""What the screen asks of a session, by mode: the one seam between Textual and everything else.

Protocols only. What implements them runs in another process or in another thread; the screen never installs,
starts a process or reads the machine itself. Every method may take seconds and may raise `DeployError`, so none is
ever called on the thread that draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from installer.core.contracts.figures import Piece, ServingFigures
    from installer.core.contracts.server_history import ServerHistory
    from installer.core.contracts.serving import ServerState
    from installer.core.machine.meters import Reading
    from installer.core.plans.plan import Finding, Plan
    from installer.core.recipes.recipe import Recipe
    from installer.core.runs.cause import Cause
    from installer.core.runs.home import Home, RunFolder
    from installer.core.runs.summary import GenerationSummary, RunSummary
    from installer.core.runs.ticket_file import TicketFile
    from installer.knowledge.parameters import Parameter


class Pulse(Protocol):
    """Whether someone still writes the journal of a run."""

    @property
    def gone(self) -> bool:
        """True once its installer process no longer locks this home; never waits."""


class Deploying(Protocol):
    """Plan, start, follow."""

    def running(self) -> RunFolder | None:
        """A run in progress to attach to."""

    def latest(self) -> RunFolder | None:
        """The newest run, finished or not."""

    def recipes(self) -> Sequence[Recipe]: ...

    def flags(self) -> Sequence[Parameter]:
        """The flags of the server of the last plan, explained."""

    def settings_so_far(self) -> Sequence[str]:
        """Those that the last plan was for, whether it came to one or not."""

    def check_settings(self, recipe: str, settings: Sequence[str]) -> str:
        """What is wrong with them; empty if nothing is."""

    def blockers_of_settings(self, recipe: str, settings: Sequence[str]) -> Sequence[Finding]:
        """What the next plan would have against them, as far as that is known at once (some tenths of a second)."""

    def explain_flag(self, recipe: str, flag: str) -> Parameter | None:
        """What a flag of its server means; `None` if that is unknown."""

    def choose(self, recipe: str, profile: str | None, settings: Sequence[str]) -> None:
        """The next `plan` is for this recipe, with these settings in place of those so far."""

    def select(self, recipe: str | None, profile: str | None, settings: Sequence[str], model: str = "") -> None:
        """The next `plan` is for this recipe (`None`: the same) or one for `model`, with these settings on top."""

    def plan(self) -> Plan:
        """Work out what would happen (seconds; asks the network)."""

    def assess(self, recipe: str) -> Plan:
        """What a recipe would come to here, changing nothing of what `plan` is for (seconds; asks the network)."""

    def took(self, recipe: str) -> Mapping[int, float]:
        """Seconds that each stage took when a recipe was last deployed here."""

    def start(self) -> RunFolder:
        """Start the installer process, detached, for the last plan."""

    def pulse(self, run: RunFolder) -> Pulse: ...

    def cancel(self, run: RunFolder) -> None: ...

    def cause(self, lines: Sequence[str]) -> Cause | None:
        """What is known about a log; `None` if nothing is."""

    def earlier_generations(self) -> Sequence[int]:
        """Those that a rollback can go to."""


class Serving(Protocol):
    """The one model server of a home."""

    def server(self) -> ServerState: ...

    def server_past(self) -> ServerHistory:
        """What it has been through, what it costs, what it was proved to do."""

    def stop_server(self) -> None: ...

    def restart_server(self) -> RunFolder:
        """Stop it and start it again, as a run of the last stage that can be followed."""

    def server_log(self) -> Path: ...

    def figures(self) -> ServingFigures | None:
        """What the engine counts; `None` if it does not say."""

    def chat(self, messages: Sequence[Mapping[str, str]], temperature: float, most: int) -> Iterator[Piece]: ...

    def structured(self, words: str) -> str:
        """An answer forced into a schema."""

    def tool_call(self, words: str) -> str:
        """Which tool the model would call."""

    def benchmark(self) -> Iterator[Sequence[tuple[str, str]]]:
        """Measure it, one request at a time and several (minutes): all that was measured so far, after each."""

    def key(self) -> str | None:
        """What clients have to know; `None` if it requires none."""

    def examples(self) -> Mapping[str, str]:
        """The same request for a shell and for Python."""


class History(Protocol):
    """Runs and generations."""

    def past(self) -> Sequence[RunSummary]: ...

    def generations(self) -> Sequence[GenerationSummary]: ...

    def generation_sizes(self) -> Mapping[int, int]:
        """Bytes by number; slow where they are large."""

    def roll_back(self, number: int | None) -> int: ...

    def delete_run(self, run: str) -> None: ...

    def delete_generation(self, number: int) -> None: ...


class Asking(Protocol):
    """For help."""

    def ticket(self, run: str) -> TicketFile:
        """Pack what a run left, in memory; nothing is written."""

    def write_ticket(self, ticket: TicketFile) -> None: ...


class Measuring(Protocol):
    def meters(self) -> Reading: ...

    def price(self) -> float | None:
        """What an hour of this machine costs; `None` if unknown."""


class Session(Deploying, Serving, History, Asking, Measuring, Protocol):
    """One home on one machine, and all that can be asked of it."""

    @property
    def home(self) -> Home: ...
