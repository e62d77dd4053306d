"""The options of a launch that decide how an engine reads a model. Pure; it judges no option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from installer.core.plans.procedure import Launch

UNKNOWN = "\0"
"""Stands for a word that could not be worked out."""


@dataclass(frozen=True, slots=True)
class Options:
    """By name without dashes in front, such as "tokenizer-mode"; a bare switch has no value."""

    given: Mapping[str, str | None]
    more: bool = False
    """Whether there may be further options, in words that could not be worked out."""

    def has(self, *names: str) -> bool:
        return any(name in self.given for name in names)

    def value(self, *names: str) -> str | None:
        """The value of the first name that is given; `None` where none is, or it could not be worked out."""
        found = next((self.given[name] for name in names if name in self.given), None)
        return None if found is None or UNKNOWN in found else found


def options_of(launch: Launch | None) -> Options:
    """What a launch gives; the last of two wins, as argparse has it."""
    words = launch.arguments if launch else ()
    given: dict[str, str | None] = {}
    for position, word in enumerate(words):
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
            given[name.replace("_", "-")] = value if equals else _next(words, position)
    return Options(given, any(_may_hold_options(words, position) for position in range(len(words))))


def _may_hold_options(words: Sequence[str], position: int) -> bool:
    """Whether a word is unknown from its beginning, and no value of the option before it."""
    before = words[position - 1] if position else ""
    return words[position].startswith(UNKNOWN) and not (before.startswith("--") and "=" not in before)


def _next(words: Sequence[str], position: int) -> str | None:
    following = words[position + 1] if position + 1 < len(words) else "--"
    return None if following.startswith("--") else following
