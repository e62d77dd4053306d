"""One failure that a log tells of: its message, where it was raised, what it came from. Values only; finds none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

RAISED, LOUD, QUIET, FAINT, WARNED = 3.0, 2.0, 1.0, 0.7, 0.5
"""What a failure weighs: raised or known, said to be an error, a complaint, a remark, a warning."""

_ENDED = (".", ":", "!", "?")
_WRAPPED = "we can conclude"
"""What uv says in sentences that go on over several lines."""


@dataclass(frozen=True, slots=True)
class Frame:
    path: str
    line: str
    function: str


@dataclass(slots=True, eq=False)
class Event:
    """One failure that the log tells of."""

    at: int
    """Its place among the messages that were read."""
    line: int
    parts: list[str]
    """Its message, line by line; the first says most."""
    weight: float
    process: str = ""
    where: str = ""
    exception: str = ""
    frames: tuple[Frame, ...] = ()
    before: Event | None = None
    """The exception that this one came from, or during which it was raised."""
    direct: bool = True
    consequence: bool = False
    mute: bool = False
    """Whether the exception has no message of its own: its line of code replaces it."""
    header: str = ""
    """What preceded its traceback."""
    relayed: bool = False
    """Shown by a program that calls it information: another one's traceback."""
    grave: bool = False
    """An exception, or what its own program calls an error: not only a line that complains."""
    told: int = 0
    """How many of its parts are of what it came from, where it came from something; the rest was said around it."""
    known: list[str] = field(default_factory=list)
    """The symptoms that know it; filled in by anyone who has a catalogue."""

    def add(self, part: str) -> None:
        """Takes one more line of what was said last."""
        self.parts.insert(self.told or len(self.parts), part)
        self.told += bool(self.told)

    @property
    def newest(self) -> str:
        """The line that was said last."""
        return self.parts[self.told - 1]

    @property
    def text(self) -> str:
        """The message in one line."""
        return " ".join(part.strip() for part in self.parts)


def chain(event: Event) -> Iterator[Event]:
    """An event, and what it came from, the outermost first."""
    at: Event | None = event
    while at is not None:
        yield at
        at = at.before


def separated(text: str, parts: Sequence[str], told: int = 0) -> str:
    """A text of a message, with a semicolon where two lines meet that are no sentence together.

    `told`: how many of the first lines are of what it came from; the others are another sentence.
    """
    listed = False
    for number, (one, after) in enumerate(pairwise(part.strip() for part in parts), 1):
        joint = f"{one} {after}"
        if joint in text and not _continues(one, after, listed or number == told):
            text = text.replace(joint, f"{one}; {after}")
        listed = listed or one.endswith(_ENDED)
    return text


def _continues(one: str, after: str, listed: bool) -> bool:
    """Whether a line continues the sentence of the one before it, or that one has ended already."""
    if one.endswith((*_ENDED, ";", ",", "(", "[")) or _WRAPPED in one or _WRAPPED in after:
        return True
    return not listed and not (after[:1].isupper() or after[:1] in tuple("0123456789"))
