"""Containers: their options, what applies in one, and what one of an image of the script's own runs. Runs nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from installer.shell.commands.call import Call
from installer.shell.state import UNKNOWN, BuiltImage, State

Options = list[tuple[str, str]]


def options(words: Sequence[str], switches: Collection[str]) -> tuple[Options, list[str]]:
    """The options in front, each with its value, and what follows them; `switches` take no value."""
    rest, found = list(words), Options()
    while rest and rest[0].startswith("-") and rest[0] != "-":
        name, equals, value = rest.pop(0).partition("=")
        if name in switches or (re.fullmatch(r"-[dit]+", name) and not equals and "-t" not in name):
            found.append((name, ""))
        else:
            found.append((name, value if equals else rest.pop(0) if rest else ""))
    return found, rest


def name_of(image: str) -> str:
    """The name of an image of this machine, however it is written."""
    return image.removeprefix("localhost/").removesuffix(":latest")


def built(call: Call, image: str) -> BuiltImage | None:
    """The image of that name, where the script builds it."""
    return call.state.builds.get(name_of(image))


def command(image: BuiltImage, entry: str, words: Sequence[str]) -> list[str]:
    """What a container of a built image runs; `entry` replaces its entry point."""
    if entry:
        return [entry, *words]
    return list(image.recipe.with_words(words) if words else image.recipe.starts)


def entered(call: Call, image: str, variables: Mapping[str, str], shm: int | None) -> Call:
    """The same place inside a container: nothing of what is set or active outside is there."""
    own = built(call, image)
    state = own.state.copy() if own else call.state.copy()
    if own:
        state.budget, state.devices, state.models = call.state.budget, call.state.devices, dict(call.state.models)
        variables = {**{name: state.text(name) or UNKNOWN for name in sorted(state.exported)}, **variables}
        state.variables |= variables
    else:
        state.variables, state.functions, state.active, state.image = dict(variables), {}, "", image
    state.exported, state.shm_mib, state.options = set(variables), shm, frozenset()
    return replace(call, state=state, ran=replace(call.ran, environment=variables))


def mount(given: Options, outside: State, inside: State) -> None:
    """`-v ./src:/src`, `-w /src`: folders next to the script as they are seen in the container."""
    for name, value in given:
        if name in ("-v", "--volume") and UNKNOWN not in value:
            host, _, target = value.partition(":")
            path, target = outside.path(host), target.partition(":")[0].rstrip("/")
            if target and host.startswith((".", "$PWD")) and not path.startswith(("/", "~", "..")):
                inside.mounts[target] = outside.sibling_path(path)
        elif name in ("-w", "--workdir") and UNKNOWN not in value:
            inside.folder = inside.path(value)
