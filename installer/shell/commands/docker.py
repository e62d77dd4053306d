"""`docker run IMAGE …` that starts a model server, and what else of docker matters. Runs nothing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from installer.core.engines import Engine
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.text.numbers import is_whole
from installer.knowledge.engines import definitions
from installer.knowledge.images import by_reference
from installer.knowledge.tables import table
from installer.shell.commands import containers, environments, image_build, launch
from installer.shell.commands.call import Call
from installer.shell.documents import compose as compose_file
from installer.shell.documents import yaml_file
from installer.shell.documents.document import APART, ENTRY
from installer.shell.state import UNKNOWN
from installer.shell.trace import ASKED, PRESUMED, shown

_SWITCHES = frozenset(
    [
        "-d",
        "--detach",
        "-i",
        "--interactive",
        "-t",
        "--tty",
        "--rm",
        "--init",
        "--privileged",
        "--read-only",
        "-P",
        "--publish-all",
        "--no-healthcheck",
        "--oom-kill-disable",
        "--sig-proxy",
        "--quiet",
        "-q",
        APART,
    ]
)
_COMPOSE_SWITCHES = frozenset(("--compatibility", "--dry-run", "--all-resources", "--verbose"))
_PROGRAMS = re.compile(r"(?:.*/)?(?:python[\d.]*|bash|sh|env|uv|tail|sleep)|serve")
"""What is no name of a model in the first position."""
_DETACHES = re.compile(r"--detach|-[it]*d[it]*")
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def run(call: Call) -> str:
    words = list(call.words)
    while words and words[0].startswith("-"):
        words.pop(0)
    if words[:1] == ["container"]:
        words.pop(0)
    match words[:1]:
        case ["run" | "create"]:
            return _run(call, words[1:])
        case ["exec"]:
            return _exec(call, words[1:])
        case ["compose"]:
            return _compose(call, words[1:])
        case ["build" | "buildx" | "image" | "tag"] if (status := image_build.run(call, words)) is not None:
            return status
        case ["info" | "version" | "ps" | "inspect" | "images"]:
            return ASKED
    return PRESUMED


def compose_alone(call: Call) -> str:
    """`docker-compose up`, the program of its own."""
    return _compose(call, list(call.words))


def _compose(call: Call, words: list[str]) -> str:
    """`docker compose up`: the containers of the compose file next to the script."""
    options, rest = containers.options(words, _COMPOSE_SWITCHES)
    if rest[:1] not in (["up"], ["run"], ["start"], ["restart"]):
        return PRESUMED
    names = [value for name, value in options if name in ("-f", "--file")] or list(compose_file.NAMES)
    read = next(((name, text) for name in names if UNKNOWN not in name and (text := call.read(name)) is not None), None)
    found = yaml_file.read(read[1], read[0], call.read) if read else None
    if read is None or found is None:
        call.unclear("the compose file is not next to the script")
        return PRESUMED
    there = replace(call, state=call.state.copy())
    there.state.folder = posixpath.join(call.state.folder, posixpath.dirname(read[0]) or ".")
    return call.follow(found.shell, there.in_background(), (), True, call.file(read[0]))


def _run(call: Call, words: list[str]) -> str:
    given, rest = containers.options(words, _SWITCHES)
    if not rest:
        return PRESUMED
    if UNKNOWN in rest[0]:
        call.unclear("the image, or an option before it, is not known")
        return PRESUMED
    named = dict(given)
    if "--env-file" in named:
        call.unclear("the variables in --env-file are not followed")
    variables = _variables(call, given)
    entry = named.get("--entrypoint", "")
    image, own = rest[0], containers.built(call, rest[0])
    if name := named.get("--name", ""):
        call.state.images[name] = image
    gpus = named.get("--gpus") or f"device={variables.get('NVIDIA_VISIBLE_DEVICES', '')}"
    call = call.elsewhere() if APART in named or UNKNOWN in gpus else call
    call = call.in_background() if any(_DETACHES.fullmatch(name) for name in named) else call
    before, call.state.devices = call.state.devices, _devices(gpus)
    there = containers.entered(call, image, variables, _shared_memory(named))
    containers.mount(given, call.state, there.state)
    if own:
        command = containers.command(own, entry, rest[1:])
        there = there.within(own.file, own.recipe.line) if not (entry or rest[1:]) else there
    else:
        command = [entry, *rest[1:]] if entry else rest[1:]
    by_entry = "--entrypoint" not in named and own is None
    status = _started(call, there, image, ([ENTRY, *command] if by_entry and command else command))
    call.state.devices = before
    return status


def _variables(call: Call, given: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What is set in the container; a name alone is taken over from outside."""
    found = dict[str, str]()
    for name, value in given:
        if name in ("-e", "--env"):
            key, equals, text = value.partition("=")
            found[key] = text if equals else call.ran.environment.get(key, UNKNOWN)
    return found


def _shared_memory(named: Mapping[str, str]) -> int | None:
    """Mebibytes of /dev/shm; `None`: the machine's own, or not known."""
    if named.get("--ipc", "private") != "private":
        return None
    plain: int | None = table("memory")["shared_memory"]["docker_mib"]
    return _mebibytes(named["--shm-size"]) if "--shm-size" in named and plain else plain


def _devices(given: str) -> tuple[int, ...] | None:
    """`all`, `2`, `device=0,1`, `"device=0"`; `None`: all of them, or not known."""
    text = given.strip("\"'")
    listed = [part.strip() for part in text.removeprefix("device=").split(",")]
    if text.startswith("device=") and all(map(is_whole, listed)):
        return tuple(map(int, listed))
    return tuple(range(int(text))) if is_whole(text) else None


def run_container(call: Call) -> str:
    """A container that a file requests without calling docker."""
    return _run(call.in_background(), list(call.words))


def entry_point(call: Call) -> str:
    """What an image starts by itself, with the words that a file gives it."""
    own, words = _engine_of(call.state.image), call.words
    serves = own is not None and own.image_serves
    if own and serves and (not words or words[0].startswith(("-", UNKNOWN))):
        return launch.start(call, own.name, words, environments.in_image(call.state))
    if own and serves and by_reference(call.state.image):
        is_program = _PROGRAMS.fullmatch(words[0]) or launch.starts(words)
        if not is_program and (len(words) == 1 or words[1].startswith("-")):
            return launch.start(call, own.name, words, environments.in_image(call.state))
        call.record.found(_taken_as_arguments(call, own))
        if words[0] == "serve":
            return launch.start(call, own.name, words[1:], environments.in_image(call.state))
    return call.interpret(call.with_words(words)) if words else PRESUMED


def _taken_as_arguments(call: Call, own: Engine) -> Finding:
    """A command behind an image that starts its server by itself."""
    return Finding(
        code=Code.FLAG_UNKNOWN, severity=Severity.WARNING if call.ran.tolerated else Severity.BLOCKER, stage=10,
        subject=call.state.image,
        summary=f"The image starts {own.title} by itself and takes this command as arguments for it, so the server "
        "exits immediately.",
        evidence=f"`{shown(' '.join(call.words), 70)}` comes after the entry point of {call.state.image}.",
        fix="Give only the server's options, or replace the entry point (`--entrypoint`, in Kubernetes `command`).",
        source="the ENTRYPOINT of the engine's own image", line=call.ran.line,
    )  # fmt: skip


def pulled(call: Call) -> str:
    """`apptainer pull FILE docker://IMAGE`: which image a file is."""
    words = [word for word in call.words[1:] if not word.startswith("-")]
    address = next((word for word in words if "://" in word), "")
    image = address.partition("://")[2]
    named = next((word for word in words if word.endswith((".sif", ".img"))), "")
    path = named or re.sub(r"[:@]", "_", image.rpartition("/")[2]) + ".sif"
    if image and UNKNOWN not in address:
        call.state.images[call.state.path(path)] = image
    return PRESUMED


def _exec(call: Call, words: list[str]) -> str:
    """`docker exec NAME COMMAND`, in a container that the script started."""
    variables = dict[str, str]()
    while words and words[0].startswith("-"):
        name, equals, value = words.pop(0).partition("=")
        if name in ("-e", "--env", "-u", "--user", "-w", "--workdir", "--env-file"):
            value = value if equals else words.pop(0) if words else ""
            if name in ("-e", "--env"):
                key, _, text = value.partition("=")
                variables[key] = text
    if len(words) > 1 and (image := call.state.images.get(words[0], "")):
        return inside(call, image, words[1:], variables, table("memory")["shared_memory"]["docker_mib"])
    call.unclear("the container or its content is not known")
    return call.interpret(call.with_words(tuple(words[1:]))) if launch.contains_start(words) else PRESUMED


def _mebibytes(size: str) -> int | None:
    """A size as Docker is told it: "8g", "512m", "1073741824"; `None` if it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)i?b?", size.strip().lower())
    return int(float(found[1]) * _UNITS[found[2]]) >> 20 if found else None


def inside(call: Call, image: str, command: list[str], variables: dict[str, str], shm: int | None) -> str:
    """What a command in a container of `image` does; without one, the image's own entry point."""
    return _started(call, containers.entered(call, image, variables, shm), image, command)


def _started(call: Call, there: Call, image: str, command: list[str]) -> str:
    """Follow a command in the container; `call` is where that is requested."""
    own = None if containers.built(call, image) else _engine_of(image)
    before = len(call.record.steps)
    if own and own.image_serves and (not command or command[0].startswith(("-", UNKNOWN))):
        launch.start(there, own.name, command, environments.in_image(there.state))
    elif command:
        there.interpret(there.with_words(tuple(command)))
    steps = call.record.steps[before:]
    if not any(isinstance(step, Launch) for step in steps):
        call.unclear(f"what runs inside the image {image} is not followed")
    elif by_reference(there.state.image) is None:
        call.unclear(f"the content of the image {there.state.image} is not known")
    return PRESUMED


def _engine_of(image: str) -> Engine | None:
    """The engine that publishes an image."""
    return next((engine for engine in definitions.engines().values() if re.search(engine.image, image)), None)
