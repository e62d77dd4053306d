"""`docker run IMAGE …` that starts a model server, and what else of docker matters. Runs nothing."""

from __future__ import annotations

import re
import shlex

from installer.audit.shell.commands import launch
from installer.audit.shell.commands.call import Call
from installer.audit.shell.state import UNKNOWN
from installer.audit.shell.trace import ASKED, PRESUMED
from installer.knowledge.tables import table

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
_ENGINES = ((re.compile(r"(^|/)sglang(:|@|$)"), "sglang"), (re.compile(r"(^|/)vllm-openai(:|@|$)"), "vllm"))
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_FOLLOWED_BY_DEFAULT = {"vllm": True, "sglang": False}
"""Whether the image's own entry point is the server, so that its options follow the image's name."""


def run(call: Call) -> str:
    words = list(call.words)
    while words and words[0].startswith("-"):
        words.pop(0)
    if words[:1] == ["container"]:
        words.pop(0)
    match words[:1]:
        case ["run" | "create"]:
            return _run(call, words[1:])
        case ["compose" | "build" | "buildx" | "exec"]:
            call.unclear(f"`docker {words[0]}` is not followed")
        case ["info" | "version" | "ps" | "inspect" | "images"]:
            return ASKED
    return PRESUMED


def _run(call: Call, words: list[str]) -> str:
    variables, entry = dict[str, str](), ""
    shm: int | None = table("memory")["shared_memory"]["docker_mib"]
    while words and words[0].startswith("-"):
        name, equals, value = words.pop(0).partition("=")
        if name in _SWITCHES or (re.fullmatch(r"-[dit]+", name) and not equals):
            continue
        value = value if equals else words.pop(0) if words else ""
        if name in ("-e", "--env"):
            key, given, text = value.partition("=")
            variables[key] = text if given else call.ran.environment.get(key, UNKNOWN)
        elif name == "--entrypoint":
            entry = value
        elif name == "--shm-size" and shm:
            shm = _mebibytes(value)
        elif name == "--ipc" and value != "private":
            shm = None
        elif name == "--env-file":
            call.unclear("the variables in --env-file are not followed")
    if not words:
        return PRESUMED
    if UNKNOWN in words[0]:
        call.unclear("the image, or an option before it, is not known")
        return PRESUMED
    image, command = words[0], [entry, *words[1:]] if entry else words[1:]
    return _command(call, image, command, variables, shm)


def _mebibytes(size: str) -> int | None:
    """A size as Docker is told it: "8g", "512m", "1073741824"; `None` where it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)i?b?", size.strip().lower())
    return int(float(found[1]) * _UNITS[found[2]]) >> 20 if found else None


def _command(call: Call, image: str, command: list[str], variables: dict[str, str], shm: int | None) -> str:
    command = _unwrapped(command)
    own = next((engine for pattern, engine in _ENGINES if pattern.search(image)), "")
    engine, arguments = _server(command)
    if not engine and own and _FOLLOWED_BY_DEFAULT[own] and (not command or command[0].startswith(("-", UNKNOWN))):
        engine, arguments = own, command
    if engine:
        return launch.start(call, engine, arguments, f"image {image}", variables=variables, image=image, shm_mib=shm)
    call.unclear(f"what runs inside the image {image} is not followed")
    return PRESUMED


def _unwrapped(command: list[str]) -> list[str]:
    """`bash -c "python -m …"`, where that is one command."""
    if len(command) < 3 or command[0].rpartition("/")[2] not in ("bash", "sh") or not re.fullmatch(r"-l?c", command[1]):
        return command
    try:
        inner = shlex.split(command[2])
    except ValueError:
        return command
    joined = any(re.search(r"[;|&<>]", word) for word in inner)
    return command if joined else inner[1:] if inner[:1] == ["exec"] else inner


def _server(command: list[str]) -> tuple[str, list[str]]:
    """The engine that a container's command starts, and its arguments."""
    match [word.rpartition("/")[2] for word in command[:3]]:
        case [program, "-m", module] if program.startswith("python") and module in launch.MODULES:
            return launch.MODULES[module], command[3:]
        case ["vllm" | "sglang" as engine, "serve", *_]:
            return engine, command[2:]
    return "", []
