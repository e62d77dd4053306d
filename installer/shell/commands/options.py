"""Takes a command line of pip or uv apart by the options that the program has. Says which it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Parsed:
    words: list[str] = field(default_factory=list)
    """What is no option."""
    switches: set[str] = field(default_factory=set)
    values: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def last(self, name: str) -> str | None:
        found = self.values.get(name)
        return found[-1] if found else None

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))


def parse(words: Sequence[str], switches: Mapping[str, str], valued: Mapping[str, str]) -> Parsed:
    """`switches` and `valued` give each spelling ("-U", "--upgrade") the name that it is known by."""
    found, waiting = Parsed(), list(reversed(words))
    while waiting:
        word = waiting.pop()
        if word == "--":
            found.words += reversed(waiting)
            break
        if word.startswith("--"):
            _long(word, waiting, found, switches, valued)
        elif word.startswith("-") and len(word) > 1:
            _short(word, waiting, found, switches, valued)
        else:
            found.words.append(word)
    return found


def _long(
    word: str, waiting: list[str], found: Parsed, switches: Mapping[str, str], valued: Mapping[str, str]
) -> None:  # fmt: skip
    name, equals, value = word.partition("=")
    if name in valued:
        if equals or waiting:
            found.values.setdefault(valued[name], []).append(value if equals else waiting.pop())
    elif name in switches:
        found.switches.add(switches[name])
    else:
        found.unknown.append(name)


def _short(
    word: str, waiting: list[str], found: Parsed, switches: Mapping[str, str], valued: Mapping[str, str]
) -> None:  # fmt: skip
    """`-U`, `-qU`, `-i URL`, `-rfile`."""
    for position, letter in enumerate(word[1:], 1):
        option, rest = f"-{letter}", word[position + 1 :]
        if option in valued:
            if rest or waiting:
                found.values.setdefault(valued[option], []).append(rest.removeprefix("=") if rest else waiting.pop())
            return
        if option not in switches:
            found.unknown.append(option)
            return
        found.switches.add(switches[option])
