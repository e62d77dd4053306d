"""The commands that start a model server. Runs nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from types import MappingProxyType

from installer.core.plans.launch_arguments import UseProblem
from installer.core.plans.procedure import Launch
from installer.knowledge import launchers
from installer.knowledge.engines import definitions, shipped
from installer.knowledge.engines.parser import CommandLine
from installer.shell.commands import settings_file
from installer.shell.commands.call import Call
from installer.shell.state import SYSTEM, UNKNOWN
from installer.shell.trace import PRESUMED

_PYTHON = re.compile(r"python(\d(\.\d+)?)?$")
_RAY = re.compile(r"(?:^|[\s/])ray +start\b")
_DASHES = "\u2013\u2014\u2212"
"""What a word processor makes of the dashes of an option; that is said there, the rest is checked as meant."""
_OWN = frozenset(("HOME", "PATH", "PWD", "SHELL", "USER", "PS1"))


def program(call: Call, environment: str = SYSTEM) -> str:
    """The program of an engine with the word that starts its server: `NAME serve …`."""
    engine = call.ran.name
    if call.words[:1] == ("serve",):
        return start(call, engine, _model_first(engine, call.words[1:]), environment)
    return PRESUMED


def _model_first(engine: str, words: Sequence[str]) -> Sequence[str]:
    """The words with the model in front, which `serve` takes behind any option as well."""
    known = shipped.any_release(engine)
    if known is None or not words or not words[0].startswith("-"):
        return words
    strays = [use for use in CommandLine(known).read(("", *words)) if use.problem == UseProblem.STRAY and use.place]
    if not strays:
        return words
    place = strays[0].place - 1
    return (words[place], *words[:place], *words[place + 1 :])


def start(
    call: Call,
    engine: str,
    arguments: Sequence[str],
    environment: str,
) -> str:
    """Emit the launch."""
    arguments = settings_file.with_settings(call, engine, arguments)
    folder = model_of(arguments)
    model, _, revision = _named(call, folder).partition("@") if folder else ("", "", "")
    if model != folder:
        arguments = [model if word == folder else word for word in arguments]
    known = {name: value for name, value in call.ran.environment.items() if name not in _OWN}
    call.emit(
        Launch(
            10,
            engine=engine,
            arguments=tuple(map(_meant, arguments)),
            environment=MappingProxyType(known),
            model=model,
            revision=_value(arguments, "revision") or revision,
            image=call.state.image,
            shm_mib=call.state.shm_mib,
            devices=call.state.devices,
            alongside=_alongside(call),
            cluster=_cluster(call, arguments),
        ),
        environment,
    )
    return PRESUMED


def _alongside(call: Call) -> int | None:
    """The number of those that run at the same time. One in front runs next to those before it, and ends their time."""
    context, record = call.ran.context, call.record
    open_ended = UNKNOWN in call.ran.environment.get("CUDA_VISIBLE_DEVICES", "") or bool(call.ran.condition)
    if open_ended or context.away or launchers.spreading().intersection(call.ran.wrappers):
        return None
    number = record.stopped
    record.stopped += not context.background
    return number


def _cluster(call: Call, arguments: Sequence[str]) -> str:
    """What spreads the server over several machines; empty if nothing does."""
    for flag, value in pairwise(" ".join(arguments).replace("=", " ").replace("_", "-").split()):
        if flag == "--distributed-executor-backend" and value == "ray":
            return "Ray"
        if flag in ("--nnodes", "--node-rank", "--data-parallel-size-local") and value not in ("0", "1"):
            return "several nodes"
    quiet = launchers.quiet()
    # A launcher usually precedes it: `srun -w NODE ray start`, `ssh NODE 'ray start …'`.
    started = any(ran.name not in quiet and _RAY.search(" ".join(ran.words)) for ran in call.record.ran)
    return "Ray" if started or "RAY_ADDRESS" in call.ran.environment else ""


def _named(call: Call, model: str) -> str:
    """The model by its name, where the script itself fetched it into the folder that is served."""
    return call.state.models.get(call.state.path(model), model)


def _value(arguments: Sequence[str], meaning: str) -> str:
    """What an option is given; empty if it is not there, or not known."""
    names = definitions.spellings(meaning)
    for word, after in pairwise([*arguments, ""]):
        name, equals, value = word.partition("=")
        if name.replace("_", "-") in names:
            found = value if equals else after
            return "" if UNKNOWN in found else found
    return ""


def _meant(word: str) -> str:
    return f"--{word.lstrip(_DASHES + '-')}" if word[:1] in tuple(_DASHES) else word


def model_of(arguments: Sequence[str]) -> str:
    """What is served: the value of `--model-path` or `--model`, else the first word; empty if not known."""
    names = definitions.spellings("model")
    if any(word.partition("=")[0].replace("_", "-") in names for word in arguments):
        return _value(arguments, "model")
    first = arguments[0] if arguments else ""
    return first if first and not first.startswith("-") and UNKNOWN not in first else ""


def contains_start(words: Sequence[str]) -> bool:
    """Whether the words of a program contain the start of a server."""
    return start_in(("", *words)) is not None


def start_in(words: Sequence[str]) -> int | None:
    return next((position for position in range(1, len(words)) if starts(words[position:])), None)


def starts(words: Sequence[str]) -> bool:
    """Whether a command is the start of a server that is checked here."""
    name = words[0].rpartition("/")[2]
    if name in definitions.engines():
        return list(words[1:2]) == ["serve"]
    return bool(_PYTHON.match(name)) and any(map(definitions.started_by, words[1:6]))
