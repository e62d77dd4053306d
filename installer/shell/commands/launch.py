"""The commands that start a model server. Runs nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType

from installer.core.plans.procedure import Launch
from installer.knowledge.engines import definitions
from installer.shell.commands.call import Call
from installer.shell.state import SYSTEM, UNKNOWN
from installer.shell.trace import PRESUMED

_PYTHON = re.compile(r"python(\d(\.\d+)?)?$")
_DASHES = "\u2013\u2014\u2212"
"""What a word processor makes of the dashes of an option; that is said where it stands, the rest is judged as meant."""
_OWN = frozenset(("HOME", "PATH", "PWD", "SHELL", "USER", "PS1"))


def program(call: Call, environment: str = SYSTEM) -> str:
    """`sglang serve …`, `vllm serve …`."""
    engine = call.ran.name
    if call.words[:1] == ("serve",):
        return start(call, engine, call.words[1:], environment)
    return PRESUMED


def start(
    call: Call,
    engine: str,
    arguments: Sequence[str],
    environment: str,
) -> str:
    """Emit the launch."""
    known = {name: value for name, value in call.ran.environment.items() if name not in _OWN}
    call.emit(
        Launch(
            10,
            engine=engine,
            arguments=tuple(map(_meant, arguments)),
            environment=MappingProxyType(known),
            model=model_of(arguments),
            image=call.state.image,
            shm_mib=call.state.shm_mib,
        ),
        environment,
    )
    return PRESUMED


def _meant(word: str) -> str:
    return f"--{word.lstrip(_DASHES + '-')}" if word[:1] in tuple(_DASHES) else word


def model_of(arguments: Sequence[str]) -> str:
    """What is served: the value of `--model-path` or `--model`, else the first word; empty where not known."""
    for position, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name.replace("_", "-") in definitions.spellings("model"):
            found = value if equals else arguments[position + 1] if position + 1 < len(arguments) else ""
            return "" if UNKNOWN in found else found
    first = arguments[0] if arguments else ""
    return first if first and not first.startswith("-") and UNKNOWN not in first else ""


def holds_start(words: Sequence[str]) -> bool:
    """Whether the words of a program hold the start of a server."""
    return start_in(("", *words)) is not None


def start_in(words: Sequence[str]) -> int | None:
    return next((position for position in range(1, len(words)) if starts(words[position:])), None)


def starts(words: Sequence[str]) -> bool:
    """Whether a command is the start of a server that is judged here."""
    name = words[0].rpartition("/")[2]
    if name in definitions.engines():
        return list(words[1:2]) == ["serve"]
    return bool(_PYTHON.match(name)) and any(map(definitions.started_by, words[1:6]))
