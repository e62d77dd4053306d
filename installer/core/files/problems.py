"""What is wrong with an input file, and where: collected first, reported all at once.

Never shows more of a value than a person needs to find it, and never a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from installer.core.errors import UsageError
from installer.core.secrets import redact

_SHOWN = 60
"""Characters of a value that a message quotes."""
_LISTED = 25
"""Problems that one message lists."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: a line of a file, or an option of the command line."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line is not None else self.source


@dataclass(frozen=True, slots=True)
class Problem:
    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def quote(value: str) -> str:
    """`value` as a message shows it: in quotes, on one line, short, without secrets."""
    plain = redact(value)
    shown = plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "…"
    return '"' + "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown) + '"'


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean "port"?`, or what there is where nothing is near."""
    import difflib

    names = sorted(set(known))
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f'; did you mean "{near[0]}"?'
    return f"; known here: {', '.join(names)}" if names else ""


def refusal(what: str, source: str, problems: Sequence[Problem], fix: str) -> UsageError:
    """One error that lists every problem, in the order of the file."""
    unique = dict.fromkeys(sorted(problems, key=lambda problem: problem.place.line or 0))
    lines = [str(problem) for problem in unique][:_LISTED]
    if len(unique) > _LISTED:
        lines.append(f"… and {len(unique) - _LISTED} more")
    count = "1 problem" if len(unique) == 1 else f"{len(unique)} problems"
    return UsageError(f"{source} is not a valid {what}: {count}.", "\n".join(lines), fix, code="input-file")
