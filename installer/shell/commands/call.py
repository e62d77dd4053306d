"""A command that is about to be understood, and what it may do to what is known. Runs nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from installer.core.plans.procedure import Step
from installer.core.plans.script_line import ScriptLine
from installer.shell.state import State
from installer.shell.trace import Ran, Record


class Follow(Protocol):
    def __call__(
        self, text: str, call: Call, arguments: tuple[str, ...] | None, own: bool, file: str = ""
    ) -> str:  # fmt: skip
        """Follow another text as shell; `own`: in a shell of its own. `arguments`: `None` leaves them as they are.

        `file`: the one next to the script whose lines are those of the text.
        """


@dataclass(frozen=True, slots=True)
class Call:
    ran: Ran
    state: State
    record: Record
    source: Callable[[str], str | None]
    """The text of a file next to the script; `None`: there is none."""
    follow: Follow
    interpret: Callable[[Call], str]
    """Understands another command in this one's place; answers how it ends."""

    @property
    def words(self) -> tuple[str, ...]:
        """What follows the command's name."""
        return self.ran.words[1:]

    def read(self, written: str) -> str | None:
        """The text of a file, where it is known here: in a container, that of the container."""
        return self.state.content(written, self.source)

    def emit(self, step: Step, environment: str = "") -> None:
        """A step at this line of the script, under the conditions that apply here."""
        ran = self.ran
        self.record.step(
            replace(
                step, line=ran.line, tolerated=ran.tolerated, condition=ran.condition, fallback=ran.context.fallback
            ),
            environment,
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

    def file(self, written: str) -> str:
        """The file next to the script that a path leads to, seen from its folder; empty: the script's own text."""
        path = self.state.sibling_path(self.state.path(written))
        return "" if self.state.path(written) in self.state.files or path == self.record.name else path

    def within(self, file: str, line: int) -> Call:
        """The same place, which is a line of another file; without one, as it is."""
        return replace(self, ran=replace(self.ran, line=ScriptLine(self.ran.line, file, line))) if file else self

    def with_words(self, words: tuple[str, ...]) -> Call:
        """The same place, another command."""
        return replace(self, ran=replace(self.ran, words=words))
