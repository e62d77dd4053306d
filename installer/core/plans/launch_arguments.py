"""A server's command line, read: each option with what it was given. Values only.

Who reads it is `knowledge/engines/launch_reader.py`. Everybody asks this one value, so that no two checks see two
command lines; no other code parses the words of a launch.
"""

from __future__ import annotations

from dataclasses import dataclass

from installer.core.outcomes import Word
from installer.core.plans.flag import Flag
from installer.core.text.numbers import is_whole

UNKNOWN_WORD = "\0"
"""Replaces a word that could not be calculated; it may be anything, and is never guessed about."""


class UseProblem(Word):
    """What is wrong with one use of an option."""

    NONE = ""
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    STRAY = "stray"
    """A word that belongs to no option."""
    NO_VALUE = "no-value"
    BARE = "bare"
    """A switch that was given a value."""
    KIND = "kind"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Use:
    """One option of a command line, or one word that is none."""

    word: str
    """As written, without a value after `=`."""
    flag: Flag | None = None
    """What the parser takes it for; `None` if it takes it for nothing, or for several."""
    values: tuple[str, ...] = ()
    problem: UseProblem = UseProblem.NONE
    matches: tuple[str, ...] = ()
    """The spellings that a prefix fits."""
    place: int = 0
    """Of the word among all words."""
    end: int = 0
    """Where the words end that it takes."""
    path: str = ""
    """Behind the first dot of a dotted option (`-cc.mode`): the place in its JSON that the value is for."""

    @property
    def exact(self) -> bool:
        return self.flag is not None and self.word in self.flag.names

    @property
    def names(self) -> tuple[str, ...]:
        """Every spelling that means the same, as far as that is known."""
        return self.flag.names if self.flag else (self.word,)


@dataclass(frozen=True, slots=True)
class LaunchArguments:
    """The words of a launch, and what its parser makes of them. The last use of an option counts, as in argparse."""

    words: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    release: str = ""
    """Whose own parser read it, name and release; empty: it was read by spellings alone."""
    unclear: tuple[int, ...] = ()
    """Places of words that could not be calculated and that are no option's value: any options may be there."""

    def last(self, *names: str) -> Use | None:
        """The last use of an option that has one of these spellings."""
        return next((use for use in reversed(self.uses) if set(names) & {use.word, *use.names}), None)

    def has(self, *names: str) -> bool:
        return self.last(*names) is not None

    def value(self, *names: str) -> str | None:
        """Its value; `None` if it is not given, has none, or if that could not be calculated."""
        use = self.last(*names)
        found = use.values[0] if use and use.values else UNKNOWN_WORD
        return None if UNKNOWN_WORD in found else found

    def number(self, *names: str) -> int | None:
        """Its value where that is a whole number greater than zero."""
        text = self.value(*names) or ""
        return int(text) if is_whole(text) and int(text) > 0 else None


NO_ARGUMENTS = LaunchArguments()
