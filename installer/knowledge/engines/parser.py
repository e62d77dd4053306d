"""A server's command line, read as its own argparse would read it, by the flags that its release has.

Copies argparse's rules: a full spelling wins, else a prefix that fits one option; vLLM's underscores and dotted JSON
keys. A word that could not be calculated (`\\0`) is never guessed about: it may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from installer.core.files import foreign_json
from installer.core.plans.flag import Flag
from installer.core.plans.launch_arguments import UNKNOWN_WORD, Use, UseProblem
from installer.core.plans.stack import EngineFacts

_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")
_HELP = ("-h", "--help")
_OPEN = ("None", "")


class CommandLine:
    """The parser of one release. `model`: what it serves, which may be a word of its own."""

    def __init__(self, facts: EngineFacts, model: str = "") -> None:
        self._facts = facts
        self._by_name = {name: flag for flag in facts.flags for name in flag.names}
        self._model = model

    def read(self, arguments: Sequence[str]) -> tuple[Use, ...]:
        """Every option and every stray word, in their order."""
        found: list[Use] = []
        place, doubtful = 0, False
        while place < len(arguments):
            word = arguments[place]
            at, place = place, place + 1
            if word == "--" or word in _HELP:
                return tuple(found)
            if UNKNOWN_WORD in word.partition("=")[0]:
                doubtful = True
            elif not self._is_option(word):
                place = self._positional(arguments, at, doubtful, found)
            else:
                doubtful = False
                use, place = self._option(word, arguments, place)
                found.append(replace(use, place=at, end=place))
                doubtful = use.problem in (UseProblem.UNKNOWN, UseProblem.AMBIGUOUS)
        return tuple(found)

    def _positional(self, arguments: Sequence[str], place: int, doubtful: bool, found: list[Use]) -> int:
        """A word that belongs to no option: the model, the value of one that is not known, or a stray."""
        word = arguments[place]
        is_model = word == self._model or (place == 0 and not self._model)
        if not (is_model or doubtful):
            found.append(Use(word, problem=UseProblem.STRAY, place=place, end=place + 1))
        return place + 1

    def _option(self, word: str, arguments: Sequence[str], place: int) -> tuple[Use, int]:
        name, equals, value = word.partition("=")
        spelled = self._spelled(name)
        key = spelled.partition(".")[0] if self._facts.underscores else spelled
        dotted = key != spelled
        matches = self._matches(key)
        flags = {id(self._by_name[match]): self._by_name[match] for match in matches}
        if len(flags) != 1:
            return Use(key, problem=UseProblem.AMBIGUOUS if flags else UseProblem.UNKNOWN, matches=matches), place
        flag = next(iter(flags.values()))
        attached = not spelled.startswith("--") and key not in self._by_name and matches[0] == key[:2]  # -O3
        given: tuple[str, ...] = (word[2:],) if attached else (value,) if equals else ()
        if not equals and not attached:
            given, place = self._values(flag, arguments, place, single=dotted)
        problem = UseProblem.NONE if dotted and given else _problem(flag, given, explicit=attached or bool(equals))
        path = spelled.partition(".")[2] if dotted else ""
        return Use(key, flag, given, problem, matches if key not in flag.names else (), path=path), place

    def _values(self, flag: Flag, arguments: Sequence[str], place: int, *, single: bool) -> tuple[tuple[str, ...], int]:
        """The words after an option that it takes, and where to continue."""
        if flag.takes_value is False and not single:
            return (), place
        end = place
        while end < len(arguments) and not self._is_option(arguments[end]) and arguments[end] != "--":
            end += 1
            if single or not flag.many:
                break
        return tuple(arguments[place:end]), end

    def _matches(self, name: str) -> tuple[str, ...]:
        if name in self._by_name:
            return (name,)
        if not name.startswith("--"):
            return tuple(sorted(other for other in self._by_name if other == name[:2] or other.startswith(name)))
        if not self._facts.prefixes:
            return ()
        return tuple(sorted(other for other in self._by_name if other.startswith(name)))

    def _is_option(self, word: str) -> bool:
        if not word.startswith("-") or word == "-":
            return False
        name = self._spelled(word.partition("=")[0])
        if name in self._by_name or self._matches(name.partition(".")[0]):
            return True
        return not (_NUMBER.match(word) or " " in word)

    def _spelled(self, name: str) -> str:
        """A name as the parser sees it: vLLM takes underscores for dashes before the first dot."""
        if not self._facts.underscores or not name.startswith("--"):
            return name
        first, dot, rest = name.partition(".")
        return first.replace("_", "-") + dot + rest


def _problem(flag: Flag, given: Sequence[str], *, explicit: bool) -> UseProblem:
    """What is wrong with the values of an option; NONE: nothing, or it is not known."""
    if any(UNKNOWN_WORD in value for value in given):
        return UseProblem.NONE
    if flag.takes_value is False:
        return UseProblem.BARE if explicit and not flag.many else UseProblem.NONE
    if not given:
        return UseProblem.NO_VALUE if flag.takes_value else UseProblem.NONE
    if flag.choices and any(value not in flag.choices for value in given):
        return UseProblem.CHOICE
    return UseProblem.KIND if any(not _fits(flag.kind, value) for value in given) else UseProblem.NONE


def _fits(kind: str, value: str) -> bool:
    """Whether a value could be of a kind; everything fits a kind that is not known."""
    try:
        match kind:
            case "int":
                int(value)
            case "float":
                float(value)
            case "json":
                # vLLM reads 80m inside JSON as a number; a path or @file is for others to say.
                foreign_json.loads(re.sub(r"\b(\d+(?:\.\d+)?)[kKmMgGtT]\b", r"\1", value))
    except ValueError:
        return value in _OPEN
    return True


def expected(flag: Flag) -> str:
    """What an option takes, in words."""
    if flag.takes_value is False:
        return "no value"
    if flag.choices:
        return "one of " + ", ".join(flag.choices)
    return {"int": "a whole number", "float": "a number", "json": "JSON"}.get(flag.kind, "a value")
