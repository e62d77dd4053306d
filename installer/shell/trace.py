"""What following a script leaves behind: its steps, what was run in between, and what could not be followed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace

from installer.core.machine.facts import MachineFacts
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import NotFollowed, Step
from installer.core.plans.script_line import ScriptLine
from installer.core.secrets import redact
from installer.shell.state import UNKNOWN
from installer.shell.syntax import Command

TRUE = "true"
FALSE = "false"
PRESUMED = "presumed"
"""Works on an ordinary run: an install, a download, a command that does its work."""
UNLIKELY = "unlikely"
"""The other way round: `! pip install …`."""
ASKED = "asked"
"""Answers a question about the machine whose answer is unknown."""


@dataclass(frozen=True, slots=True)
class Output:
    """A redirection as it was calculated."""

    operator: str
    descriptor: str
    path: str


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of a command."""

    condition: str = ""
    fallback: bool = False
    """The condition is that an installation fails."""
    tolerated: bool = False
    thrown_away: bool = False
    """A failure leads to nothing but a message."""
    fatal: bool = False
    """A failure ends the script by its own words (`|| exit 1`)."""
    hidden: bool = False
    """A failure is lost in a pipe."""
    guards: bool = False
    """What follows it behind `&&` does not run if it fails."""
    asked: bool = False
    """It is the condition of an `if` or a loop."""
    piped: bool = False
    stdin: str | None = None
    upstream: str = ""
    """The text of the command before it in a pipeline."""
    silent: bool = False
    nested: int = 0
    """How many `$(…)` it is in."""
    calls: tuple[str, ...] = ()
    site: int | None = None
    """The line that called the function that it is in."""
    background: bool = False
    """The script continues while it runs (`&`, a service, a detached container)."""
    away: bool = False
    """It runs on another machine, or on GPUs that someone else shares out (Slurm, Kubernetes)."""
    line: int | None = None
    """The line of the script that led into another text (`bash -c`, a file that it wrote)."""
    begins: int | None = None
    """The line of the script at which that text itself is, if it is."""
    file: str = ""
    """The file next to the script whose lines are those of that text; empty: it is no file's."""

    def at(self, line: int, handed_in: bool) -> int:
        """The line of the script for a command at `line` of the text that is followed."""
        if self.begins is not None:
            return self.begins + line - 1
        if self.file and self.line and not (handed_in and self.site):
            return ScriptLine(self.line, self.file, line)
        return self.line or (self.site if handed_in else None) or line

    def within(self, name: str, line: int | None, begins: int | None = None, file: str = "") -> Context:
        """The surroundings in a function or another text, `name`, to which `line` leads."""
        calls = (*self.calls, name)
        return replace(self, calls=calls, line=line, site=None, stdin=None, begins=begins, file=file)

    def under(self, condition: str, fallback: bool = False) -> Context:
        both = f"{self.condition} && {condition}" if self.condition and condition else self.condition or condition
        return replace(self, condition=both[:300], fallback=self.fallback or (fallback and not self.condition))


@dataclass(frozen=True, slots=True)
class Ran:
    """One simple command, as the script would run it."""

    line: int
    words: tuple[str, ...]
    text: str
    written: tuple[str, ...] = ()
    """Its words as they are in the script."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is exported to it."""
    outputs: tuple[Output, ...] = ()
    stdin: str | None = None
    context: Context = Context()
    tolerated: bool = False
    options: frozenset[str] = frozenset()
    folder: str = "."
    active: str = ""
    after: int = 0
    """How many steps came before it."""
    silent: bool = False
    """Whether what it says is thrown away (`2>/dev/null`)."""
    wrappers: tuple[str, ...] = ()
    """`sudo`, `nohup` and the like that were taken off."""

    @property
    def condition(self) -> str:
        return self.context.condition

    def handed_on(self, given: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """What a function gets; `None`, not known, where that is all that the script was started with: `main "$@"`."""
        passes_all = any(word.strip('"') in ("$@", "${@}", "$*") for word in self.written[1:])
        return None if given is None and passes_all else self.words[1:]

    @property
    def name(self) -> str:
        return self.words[0].rpartition("/")[2] if self.words else ""


@dataclass(slots=True)
class Record:
    """Grows while a script is followed."""

    facts: MachineFacts
    text: str = ""
    """The whole script."""
    name: str = ""
    """Its own file's."""
    misspelled: dict[str, str] = field(default_factory=dict)
    """Variables that are not set, each with the one that was meant."""
    steps: list[Step] = field(default_factory=list)
    environments: list[str] = field(default_factory=list)
    """Which environment each step goes to: a path, or "system"."""
    not_followed: list[NotFollowed] = field(default_factory=list)
    candidates: list[NotFollowed] = field(default_factory=list)
    """Unknown programs: they matter only if nothing else starts a server."""
    findings: list[Finding] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    unreached: list[tuple[int, str]] = field(default_factory=list)
    """Line and text of what follows an `exit`."""
    left_open: list[tuple[int, str]] = field(default_factory=list)
    """Lines with a `<placeholder>`, and what it says."""
    useless: list[tuple[int, str]] = field(default_factory=list)
    """Lines that read `$?` under `set -e`, and the command before each."""

    unread_installs: bool = False
    """Whether something is installed whose packages are not known."""
    stopped: int = 0
    """How often servers that ran until then were ended."""
    reported: set[Hashable] = field(default_factory=set)
    """What was said already."""

    def place(self, text: str) -> int | None:
        """The line at which a text of several lines is in the script; `None`: nowhere, or more than once."""
        body = text.strip("\n")
        if body.count("\n") == 0 or self.text.count(body) != 1:
            return None
        before = len(text) - len(text.lstrip("\n"))
        return self.text[: self.text.index(body)].count("\n") + 1 - before

    def step(self, step: Step, environment: str = "") -> None:
        self.steps.append(step)
        self.environments.append(environment)

    def unclear(self, line: int, text: str, why: str) -> None:
        """Something was not followed; reported once a line."""
        found = NotFollowed(line, shown(text), why)
        if found not in self.reported:
            self.reported.add(found)
            self.not_followed.append(found)

    def candidate(self, line: int, text: str, why: str) -> None:
        """An unknown program."""
        self.candidates.append(NotFollowed(line, shown(text), why))

    def dead(self, command: Command, context: Context) -> None:
        """A command that is never reached."""
        if context.line is None and not context.condition:
            self.unreached.append((command.line, shown(command.text)))

    def found(self, finding: Finding) -> None:
        if finding.cause not in self.reported:
            self.reported.add(finding.cause)
            self.findings.append(finding)


def shown(text: str, length: int = 100) -> str:
    """A piece of a script for a person: one line, no secrets."""
    text = text[: 20 * length]  # what is cut off here could not be shown
    flat = redact(" ".join(text.replace("\\\n", " ").replace(UNKNOWN, "…").split()))
    return flat if len(flat) <= length else flat[: length - 1] + "…"
