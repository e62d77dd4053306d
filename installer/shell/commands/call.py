"""A command that is about to be understood, and what it may do to what is known. Runs nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from installer.core.plans.procedure import Step
from installer.shell.state import State
from installer.shell.trace import Ran, Record


class Follow(Protocol):
    def __call__(self, text: str, call: Call, arguments: tuple[str, ...] | None, own: bool) -> str:
        """Follow another text as shell; `own`: in a shell of its own. `arguments`: `None` leaves them as they are."""


@dataclass(frozen=True, slots=True)
class Call:
    ran: Ran
    state: State
    record: Record
    read: Callable[[str], str | None]
    """The text of a file, where it is known."""
    follow: Follow
    interpret: Callable[[Call], str]
    """Understands another command in this one's place; answers how it ends."""

    @property
    def words(self) -> tuple[str, ...]:
        """What stands after the command's name."""
        return self.ran.words[1:]

    def emit(self, step: Step, environment: str = "") -> None:
        """A step at this line of the script, under what holds here."""
        ran = self.ran
        self.record.step(
            replace(step, line=ran.line, tolerated=ran.tolerated, condition=ran.condition), environment
        )  # fmt: skip

    def unclear(self, why: str) -> None:
        self.record.unclear(self.ran.line, self.ran.text, why)

    def in_background(self) -> Call:
        """The same place, and the script continues at once."""
        return replace(self, ran=replace(self.ran, context=replace(self.ran.context, background=True)))

    def elsewhere(self) -> Call:
        """The same command, on another machine."""
        return replace(self, ran=replace(self.ran, context=replace(self.ran.context, away=True)))

    def at(self, begins: int | None, line: int) -> Call:
        """The same place, at a line of a text that begins at a line of the script; where it does not, as it is."""
        return replace(self, ran=replace(self.ran, line=begins + line - 1)) if begins is not None else self

    def with_words(self, words: tuple[str, ...]) -> Call:
        """The same place, another command."""
        return replace(self, ran=replace(self.ran, words=words))
