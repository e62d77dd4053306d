"""`conda`, `mamba` and `micromamba`: their environments, with the Python and the pip packages in them. Runs nothing.

conda's own packages are on no index that is asked here; those that matter are named as not followed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from installer.core.plans.procedure import Install
from installer.knowledge.packages import stage_of_all
from installer.shell import project_files
from installer.shell.commands import environments, installing
from installer.shell.commands.call import Call
from installer.shell.commands.options import Parsed, parse
from installer.shell.state import UNKNOWN
from installer.shell.trace import ASKED, PRESUMED

_VALUED = {
    "-n": "name", "--name": "name", "-p": "prefix", "--prefix": "prefix", "-f": "file", "--file": "file",
    **dict.fromkeys(("-c", "--channel", "-r", "--root-prefix", "--solver", "--platform", "--clone"), "-"),
}  # fmt: skip
_SWITCHES = dict.fromkeys(
    ("-y", "--yes", "-q", "--quiet", "--override-channels", "--strict-channel-priority", "--no-deps", "--force",
     "--no-default-packages", "--update-deps", "--freeze-installed", "--prune", "-v", "--no-channel-priority"), "-"
)  # fmt: skip
_QUIET = re.compile(
    r"(?:[\w-]+::)?(python|pip|setuptools|wheel|uv|git|git-lfs|curl|wget|cmake|ninja|make|gcc|gxx|binutils|sysroot|cuda|"
    r"cudatoolkit|cudnn|nccl|openmpi|libstdcxx|libgcc|ffmpeg|tmux|htop|nvtop|jq|nodejs|rust|go|numactl|hwloc)\b"
)
_PYTHON = "3.12"
"""What is assumed where an environment is made without a word about its Python."""


def run(call: Call) -> str:
    parsed = parse(call.words, _SWITCHES, _VALUED)
    match parsed.words[:2]:
        case ["create", *_]:
            _create(call, parsed, parsed.words[1:])
        case ["env", "create" | "update"]:
            _create(call, parsed, parsed.words[2:])
        case ["install" | "update" | "upgrade", *_]:
            _install(call, parsed, parsed.words[1:])
        case ["activate", *names]:
            activate(call, names[0] if names else "base")
        case ["deactivate", *_]:
            call.state.active = ""
        case ["info" | "list" | "search" | "--version", *_] | ["env", "list"]:
            return ASKED
    return PRESUMED


def activate(call: Call, name: str) -> None:
    """`conda activate NAME`."""
    if UNKNOWN in name:
        call.unclear("the activated environment is not known")
        return
    root = environments.conda(name, call.state)
    if root not in call.state.venvs:
        environments.remember(call, root, "conda", None)
    call.state.active = root


def _root(call: Call, parsed: Parsed, otherwise: str = "") -> str:
    name = parsed.last("prefix") or parsed.last("name") or otherwise
    return environments.conda(name, call.state) if name else call.state.active


def _create(call: Call, parsed: Parsed, packages: Sequence[str]) -> None:
    found = _file(call, parsed) if parsed.last("file") else None
    root = _root(call, parsed, found.name if found else "")
    conda = [*packages, *(found.conda if found else ())]
    if not root or UNKNOWN in root:
        call.unclear("which environment conda makes is not known")
        return
    python = project_files.python_of(conda)
    environments.remember(call, root, "conda", python or _PYTHON)
    if not python and any(one.partition("=")[0] == "python" for one in conda):
        call.unclear("the Python version for conda is not given")
    _named(call, conda)
    if found and found.requires:
        stage = stage_of_all([installing.name_of(text) for text in found.requires])
        call.emit(Install(stage, requires=found.requires), root)


def _file(call: Call, parsed: Parsed) -> project_files.Project | None:
    path = parsed.last("file") or ""
    text = None if UNKNOWN in path else call.read(path)
    if text is None:
        call.unclear(f"{path.replace(UNKNOWN, '…')} is not next to the script")
        return None
    return project_files.environment(text)


def _install(call: Call, parsed: Parsed, packages: Sequence[str]) -> None:
    root = _root(call, parsed)
    if (python := project_files.python_of(packages)) and root:
        environments.remember(call, root, "conda", python)
    _named(call, packages)


def _named(call: Call, packages: Sequence[str]) -> None:
    matter = [one.replace(UNKNOWN, "…") for one in packages if not _QUIET.match(one) and not one.startswith("#")]
    if matter:
        call.unclear(f"conda's own packages are not looked up ({', '.join(matter[:4])})")
