"""Which module understands which command."""

from __future__ import annotations

import re
from collections.abc import Callable

from installer.knowledge.engines import definitions
from installer.knowledge.launchers import Launcher, launcher
from installer.shell.commands import (
    cluster,
    conda,
    docker,
    environments,
    git,
    hub,
    launch,
    launchers,
    make,
    pip,
    projects,
    python,
    services,
    shell,
    system,
    tools,
    uv,
)
from installer.shell.commands.call import Call
from installer.shell.documents.document import ENTRY, RUN
from installer.shell.state import SYSTEM, UNKNOWN
from installer.shell.trace import PRESUMED

_PYTHON = re.compile(r"python(\d(\.\d+)?)?$")
_PIP = re.compile(r"pip(\d(\.\d+)?)?$")


def _served(call: Call) -> str:
    found = environments.of_program(call.ran.words[0], call.state)
    return launch.program(call, tools.of_program(call) or found if found == SYSTEM else found)


_COMMANDS: dict[str, Callable[[Call], str]] = {
    "uv": uv.run, "uvx": tools.tool, "pipx": tools.pipx,
    **dict.fromkeys(environments.CONDA, conda.run),
    **dict.fromkeys(("poetry", "pdm", "pipenv", "rye", "hatch", "pixi"), projects.run),
    "kubectl": cluster.run, "oc": cluster.run, "systemctl": services.systemctl, "supervisorctl": services.supervisorctl,
    "make": make.run, "gmake": make.run, "supervisord": services.supervisord, "pm2": services.pm2,
    RUN: docker.run_container, ENTRY: docker.entry_point,
    "virtualenv": system.virtualenv, "docker": docker.run, "podman": docker.run,
    "docker-compose": docker.compose_alone, "podman-compose": docker.compose_alone,
    "huggingface-cli": hub.run, "hf": hub.run, "modelscope": hub.run,
    "cd": shell.cd, "pushd": shell.cd, "set": shell.set_options, "source": shell.source, ".": shell.source,
    "eval": shell.evaluate, "bash": shell.shell, "sh": shell.shell, "dash": shell.shell, "zsh": shell.shell,
    "exit": shell.leave, "return": shell.leave, "break": shell.leave, "continue": shell.leave,
    "test": shell.test, "[": shell.test, "deactivate": shell.deactivate, "shift": shell.positional,
    "read": shell.read_line, "mapfile": shell.arrays, "readarray": shell.arrays,
    "true": shell.true, ":": shell.true, "false": shell.false, "echo": shell.printed, "printf": shell.printed,
    "mkdir": system.folders, "touch": system.folders, "rm": system.removed, "cp": system.copied, "mv": system.copied,
    "ln": system.copied,
    "git": git.run, "curl": system.download, "wget": system.download,
    **dict.fromkeys(system.INSTALLERS, system.packages),
    **dict.fromkeys(
        ("command", "which", "type", "hash", "grep", "egrep", "nvidia-smi", "nvcc", "pgrep", "lsof", "ss", "nc", "diff",
         "cmp", "kill", "dpkg", "ldconfig", "find", "ping", "id"), system.question),
}  # fmt: skip


def interpret(call: Call) -> str:
    """Understand one command; answers how it ends."""
    word = call.ran.words[0]
    if UNKNOWN in word:
        return _unknown(call)
    name, starter = call.ran.name, launcher(call.ran.words)
    if _PYTHON.match(name):
        return python.run(call)
    if _PIP.match(name):
        return pip.run(call)
    if starter is not None and starter.behind == "environment":
        return launchers.run(call, starter)
    known = _served if name in definitions.engines() else _COMMANDS.get(name)
    if known is not None and ("/" not in word or name not in ("test", ".")):
        return known(call)
    return _other(call, starter)


def _unknown(call: Call) -> str:
    """A program that could not be determined: a prefix such as `$SUDO` where a command that is known follows."""
    start = launch.start_in(call.ran.words)
    if start is None and call.words and _is_known(call.words[0]):
        start = 1
    if start is not None:
        call.unclear("its first words are not known, and are assumed to run the command after them")
        return call.interpret(call.with_words(call.ran.words[start:]))
    call.unclear("which program runs is not known")
    return python.run(call.with_words(("python", *call.words))) if call.words[:1] == ("-m",) else PRESUMED


def _is_known(word: str) -> bool:
    name = word.rpartition("/")[2]
    return bool(_PYTHON.match(name) or _PIP.match(name)) or name in definitions.engines() or name in _COMMANDS


def _other(call: Call, starter: Launcher | None) -> str:
    """A program that is no command of ours: what starts others, a file next to the script, or an unknown one."""
    if call.ran.name in ("apptainer", "singularity") and call.words[:1] in (("pull",), ("build",)):
        return docker.pulled(call)
    if starter is not None:
        return launchers.run(call, starter)
    word, text = call.ran.words[0], call.read(call.ran.words[0])
    is_script = call.ran.name.endswith((".sh", ".py", ".bash")) or text is not None
    if "/" in word and is_script and (text is not None or not launch.contains_start(call.words)):
        return shell.file(call)
    return launchers.unknown(call)
