"""`docker run IMAGE …` that starts a model server, and what else of docker matters. Runs nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from installer.core.plans.procedure import Launch
from installer.core.text.numbers import is_whole
from installer.knowledge.engines import definitions
from installer.knowledge.images import by_reference
from installer.knowledge.tables import table
from installer.shell.commands import launch
from installer.shell.commands.call import Call
from installer.shell.documents import compose as compose_file
from installer.shell.documents import yaml_file
from installer.shell.documents.document import APART
from installer.shell.state import UNKNOWN
from installer.shell.trace import ASKED, PRESUMED

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
    ]
)
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
        case ["build" | "buildx"]:
            call.unclear(f"`docker {words[0]}` is not followed")
        case ["info" | "version" | "ps" | "inspect" | "images"]:
            return ASKED
    return PRESUMED


def compose_alone(call: Call) -> str:
    """`docker-compose up`, the program of its own."""
    return _compose(call, list(call.words))


def _compose(call: Call, words: list[str]) -> str:
    """`docker compose up`: the containers of the compose file next to the script."""
    options, rest = _options([word for word in words if word not in ("--compatibility", "--dry-run")])
    if rest[:1] not in (["up"], ["run"], ["start"], ["restart"]):
        return PRESUMED
    names = [value for name, value in options if name in ("-f", "--file")] or list(compose_file.NAMES)
    read = next(((name, text) for name in names if UNKNOWN not in name and (text := call.read(name)) is not None), None)
    found = yaml_file.read(read[1], read[0], call.read) if read else None
    if found is None:
        call.unclear("the compose file is not next to the script")
        return PRESUMED
    return call.follow(found.shell, call.in_background(), (), True)


def _run(call: Call, words: list[str]) -> str:
    given, rest = _options(words)
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
    image, command = rest[0], [entry, *rest[1:]] if entry else rest[1:]
    if name := named.get("--name", ""):
        call.state.images[name] = image
    gpus = named.get("--gpus") or f"device={variables.get('NVIDIA_VISIBLE_DEVICES', '')}"
    call = call.elsewhere() if APART in named or UNKNOWN in gpus else call
    call = call.in_background() if any(_DETACHES.fullmatch(name) for name in named) else call
    before, call.state.devices = call.state.devices, _devices(gpus)
    status = inside(call, image, command, variables, _shared_memory(named))
    call.state.devices = before
    return status


def _options(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The options before the image, each with its value, and what stands behind them."""
    rest, found = list(words), list[tuple[str, str]]()
    while rest and rest[0].startswith("-"):
        name, equals, value = rest.pop(0).partition("=")
        if name in (*_SWITCHES, APART) or (re.fullmatch(r"-[dit]+", name) and not equals):
            found.append((name, ""))
        else:
            found.append((name, value if equals else rest.pop(0) if rest else ""))
    return found, rest


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
    """A container that a file asks for without calling docker."""
    return _run(call.in_background(), list(call.words))


def entry_point(call: Call) -> str:
    """What an image starts by itself, with the words that a file gives it."""
    image = call.state.image
    own = next((engine for engine in definitions.engines().values() if re.search(engine.image, image)), None)
    if own and own.image_serves and (not call.words or call.words[0].startswith("-")):
        return launch.start(call, own.name, call.words, f"image {image}")
    return call.interpret(call.with_words(call.words)) if call.words else PRESUMED


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
    return call.interpret(call.with_words(tuple(words[1:]))) if launch.holds_start(words) else PRESUMED


def _mebibytes(size: str) -> int | None:
    """A size as Docker is told it: "8g", "512m", "1073741824"; `None` where it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)i?b?", size.strip().lower())
    return int(float(found[1]) * _UNITS[found[2]]) >> 20 if found else None


def inside(call: Call, image: str, command: list[str], variables: dict[str, str], shm: int | None) -> str:
    """What a command in a container of `image` does; without one, the image's own entry point."""
    own = next((engine for engine in definitions.engines().values() if re.search(engine.image, image)), None)
    before = len(call.record.steps)
    there = _container(call, image, variables, shm)
    if own and own.image_serves and (not command or command[0].startswith(("-", UNKNOWN))):
        launch.start(there, own.name, command, f"image {image}")
    elif command:
        there.interpret(there.with_words(tuple(command)))
    steps = call.record.steps[before:]
    if not any(isinstance(step, Launch) for step in steps):
        call.unclear(f"what runs inside the image {image} is not followed")
    elif by_reference(image) is None:
        call.unclear(f"the content of the image {image} is not known")
    return PRESUMED


def _container(call: Call, image: str, variables: dict[str, str], shm: int | None) -> Call:
    """The same place inside a container: nothing of what is set or active outside is there."""
    state = call.state.copy()
    state.variables = dict(variables)
    state.exported, state.functions, state.active = set(variables), {}, ""
    state.image, state.shm_mib = image, shm
    return replace(call, state=state, ran=replace(call.ran, environment=variables))
