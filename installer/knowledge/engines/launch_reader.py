"""Reads a launch's command line, once for everybody: by the parser of the engine's own release where that is known.

Where it is not, by spellings alone: a word that begins with a dash is an option by that very name, what follows
it (or its `=`) is its value unless that is an option itself, and a prefix is not taken for any option.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from installer.core.plans.flag import Flag
from installer.core.plans.launch_arguments import NO_ARGUMENTS, UNKNOWN_WORD, LaunchArguments, Use, UseProblem
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts, Lookups, Stack
from installer.knowledge.engines import definitions
from installer.knowledge.engines.parser import CommandLine

_SERVER = 10
"""The stage that starts it."""
_SPREAD = ("tensor", "pipeline", "data")
_NUMBER = re.compile(r"-\d+(?:\.\d+)?[kKmMgG]?$")


def read(launch: Launch | None, facts: EngineFacts | None = None) -> LaunchArguments:
    """What `launch` says; `facts` are those of the release that reads it, where they are known."""
    if launch is None:
        return NO_ARGUMENTS
    words = launch.arguments
    known = facts is not None and bool(facts.flags)
    uses = tuple(_valued(CommandLine(facts, launch.model).read(words), words) if known and facts else _spelled(words))
    taken = {place for use in uses for place in range(use.place + 1, use.end)}
    unclear = tuple(p for p, word in enumerate(words) if word.startswith(UNKNOWN_WORD) and p not in taken)
    return LaunchArguments(words, uses, f"{facts.engine} {facts.version}" if known and facts else "", unclear)


def of_command(words: Sequence[str]) -> LaunchArguments:
    """The command line of a server that runs, or that a recipe plans; by spellings alone."""
    return read(Launch(_SERVER, arguments=tuple(words)))


def of(stack: Stack) -> LaunchArguments:
    """The command line of a stack as `looked_up` read it; by spellings alone where its launch is another one by now."""
    there, launch = stack.arguments, stack.launch
    if there is not None and launch is not None and there.words == launch.arguments:
        return there
    return read(launch)


def looked_up(stack: Stack, lookups: Lookups) -> Stack:
    """The stack with its command line, read by the parser of the release that is launched."""
    launch, engine = stack.launch, definitions.engine_package(stack)
    if launch is None:
        return stack
    facts = lookups.engine(launch.engine, engine.version) if launch.engine and engine else None
    arguments = read(launch, facts)
    return replace(stack, arguments=arguments, tensor_parallel=over(arguments) or stack.tensor_parallel)


def over(arguments: LaunchArguments) -> int:
    """Over how many GPUs a layer is spread; 0 if that is not said, or no number."""
    return arguments.number(*definitions.spellings("tensor_parallel")) or 0


def gpus(arguments: LaunchArguments) -> int:
    """Over how many GPUs the whole is spread: tensor, pipeline and data parallel; what is not said counts as one."""
    return math.prod(arguments.number(*definitions.spellings(f"{kind}_parallel")) or 1 for kind in _SPREAD)


def _valued(uses: Sequence[Use], words: Sequence[str]) -> Iterator[Use]:
    """The uses, with what follows an option that the release does not know: what it was meant to be given."""
    for use in uses:
        if use.problem not in (UseProblem.UNKNOWN, UseProblem.AMBIGUOUS):
            yield use
            continue
        (meant,) = _spelled(words[use.place : use.place + 2], at=use.place)[:1] or [use]
        yield replace(use, values=meant.values)


def _spelled(words: Sequence[str], at: int = 0) -> list[Use]:
    """Every option by its spelling, with the words behind it; it takes the first of them at least."""
    found: list[Use] = []
    starts = [place for place, word in enumerate(words) if _is_option(word)]
    for place, after in pairwise((*starts, len(words))):
        name, equals, value = words[place].partition("=")
        values = (value,) if equals else tuple(words[place + 1 : after])
        plain = name.replace("_", "-")
        end = place + 1 + (not equals and bool(values))
        found.append(Use(name, Flag((plain, *_alike(plain))), values, place=at + place, end=at + end))
    return found


def _is_option(word: str) -> bool:
    return word.startswith("-") and bool(word.strip("-")) and not _NUMBER.match(word)


def _alike(name: str) -> tuple[str, ...]:
    """The other spellings of an option whose meaning some engine's description knows."""
    meaning = definitions.meanings().get(name.lstrip("-"))
    return tuple(sorted(definitions.spellings(meaning) - {name})) if meaning else ()
