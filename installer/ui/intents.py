"""What a screen requests: values, posted by keys and buttons, and handled by the router. No behaviour.

A screen never does anything to the outside itself; it says what the person wants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from installer.ui.log.line import ALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installer.core.runs.home import RunFolder
    from installer.knowledge.parameters import Parameter


class Intent(Message):
    """Something that a person wants."""


class Attach(Intent):
    """Attach to a run in progress; where there is none, make a plan."""


@dataclass
class Plan(Intent):
    """Work out a plan, with another recipe, profile or other settings where they are named."""

    recipe: str | None = None
    profile: str | None = None
    settings: Sequence[str] = ()
    model: str = ""
    """Derive a recipe for this model instead: a name of the hub, or a folder."""
    deploy: bool = False
    """Go on at once, where the plan works and something is to be done."""
    anew: bool = False
    """With this profile and these settings in place of those so far, and not on top of them."""


@dataclass
class CheckSettings(Intent):
    """Say what is wrong with what is being typed, as far as the recipe's own text tells."""

    recipe: str
    settings: Sequence[str]


class Deploy(Intent):
    """Start the installer process for the plan that is shown."""


class Choose(Intent):
    """Show the recipes to choose from."""


@dataclass
class BackToPlan(Intent):
    """Leave a run that is over, and plan again, with these settings on top where there are any."""

    settings: Sequence[str] = ()
    recipe: str | None = None
    deploy: bool = False
    """Try again: deploy as soon as the plan works."""


class ChangeSettings(Intent):
    """Leave a run that is over, and change its request."""


class NameModel(Intent):
    """Ask for the name of any model."""


@dataclass
class OpenRun(Intent):
    """Show a run from its first event on."""

    run: RunFolder


class OpenStages(Intent):
    """The stages of a run that is over, as they were."""


class OpenEnd(Intent):
    """Go on to how the run ended, where it did."""


@dataclass
class OpenLog(Intent):
    """The log over the whole screen, at one of its rows where that is named."""

    stage: int = ALL
    row: int | None = None


@dataclass
class OpenFlags(Intent):
    recipe: str
    flags: Sequence[Parameter]


class RingAtEnd(Intent):
    """Ring the terminal's bell when the run ends, or do not after all."""


class Cancel(Intent):
    """Cancel the run, if the person means it."""


class StopServer(Intent):
    """Stop the model server, if the person means it."""


@dataclass
class Explain(Intent):
    """What is known about the last of these lines of a log."""

    lines: Sequence[str]


@dataclass
class Copy(Intent):
    """Hand what is selected, else `text`, to the terminal's clipboard."""

    text: str
    what: str
    """For the notice, as a sentence begins."""


class Help(Intent):
    """The keys of the screen that is shown."""


class Back(Intent):
    """Close the top dialog; if there is none, go to the plan, and from there leave the app."""


class Leave(Intent):
    """Leave; a run in progress continues."""


@dataclass
class Go(Intent):
    """To another place: "deploy", "serve" or "history"."""

    place: str


class WatchServer(Intent):
    """The server's screen is shown: read what it counts."""


@dataclass
class Say(Intent):
    """Say something to the model; its answer comes in pieces."""

    messages: Sequence[Mapping[str, str]]
    temperature: float = 0.7
    most: int = 256


class StopAnswer(Intent):
    """Enough of the answer that is coming."""


@dataclass
class Try(Intent):
    """Ask for an answer of a certain form: "structured" or "tool"."""

    what: str
    words: str


class Benchmark(Intent):
    """Measure the server with its engine's own client."""


class ShowKey(Intent):
    """Show the server's key, which nothing shows unasked."""


class RestartServer(Intent):
    """Stop the model server and start it again, if the person means it."""


class OpenIncidents(Intent):
    """What happened to the server."""


@dataclass
class MakeTicket(Intent):
    """Pack what a run left, for support: its contents are shown first, then written if the person confirms."""

    run: str


class Remember(Intent):
    """Read which runs and generations there are."""


@dataclass
class RollBack(Intent):
    """Use another generation, if the person means it; `None`: the one before."""

    generation: int | None = None


@dataclass
class DeleteRun(Intent):
    run: str


@dataclass
class DeleteGeneration(Intent):
    generation: int


@dataclass
class ReplayPast(Intent):
    """Play an earlier run again, by its name."""

    run: str


class Play(Intent):
    """Play a recording, or pause it; from the beginning where it is at its end."""


@dataclass
class Wind(Intent):
    """On or back in a recording."""

    seconds: float


@dataclass
class Jump(Intent):
    """To the next mark of a recording, or to the one before."""

    step: int


class JumpToFailure(Intent):
    """To where the recorded run failed."""


@dataclass
class Pace(Intent):
    """Play faster or slower, by so many steps."""

    step: int


class ShowEnd(Intent):
    """How the recorded run ended."""


class Another(Intent):
    """The next recording of those that were opened."""


@dataclass
class OpenPast(Intent):
    """Show an earlier run, by its name."""

    run: str
