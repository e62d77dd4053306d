"""Which Python environment a command works on: the one that is active, one named by a path, or the image's own."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Sequence
from itertools import pairwise

from installer.shell.commands.call import Call
from installer.shell.printing import absolute
from installer.shell.state import SYSTEM, UNKNOWN, State, Venv

CONDA = ("conda", "mamba", "micromamba")
_CONDA_ROOT = re.compile(r"(mini|ana)?(conda|forge|mamba)\d*/bin/activate$")
_IMAGE = ("/usr", "/usr/local", "/bin", "/opt/conda", "/root/miniconda3", "/opt/miniconda3")
_HELD = re.compile(r"python(\d(\.\d+)?)?|pip3?")
_VERSION = re.compile(r"python(\d+\.\d+)(?:\.\d+)?$")


def of_program(program: str, state: State) -> str:
    """The environment that a program such as `pip` or `venv/bin/python` belongs to: its path, or "system"."""
    found = _of_program(program, state)
    return found if not state.image or found in state.venvs else in_image(state)


def in_image(state: State) -> str:
    """The environment of the container image that commands run in; one that the script builds is one of its own."""
    return " ".join(filter(None, ("image", state.image, state.built)))


def _of_program(program: str, state: State) -> str:
    if "/" in program:
        folder, _, _ = state.path(program).rpartition("/")
        root = folder[: -len("/bin")] if folder.endswith("/bin") else ""
        named = f"conda/{posixpath.basename(root)}"
        if "/envs/" in root and root not in state.venvs and named in state.venvs:
            return named
        return root if root and root not in _IMAGE else SYSTEM
    return in_use(state) or SYSTEM


def found_by(words: Sequence[str], state: State, installed: Container[str] = ()) -> str | None:
    """What `which python3`, `command -v pip` and `conda info --base` print; `None` for all others.

    Only for the content of an environment: Python's own, and programs called as a package that was installed before.
    Whether any other program is there is a question about the machine.
    """
    if words and words[0].rpartition("/")[2] in CONDA and "hook" in words:
        return ""
    if words and words[0].rpartition("/")[2] in CONDA and words[1:] == ["info", "--base"]:
        return "~/miniconda3"
    if [*words[:1]] == ["which"] or [*words[:2]] in (["command", "-v"], ["type", "-P"], ["type", "-p"]):
        name = words[-1]
        if len(words) < 4 and (_HELD.fullmatch(name) or name in installed):
            root = in_use(state)
            return f"{root}/bin/{name}" if root else f"/usr/bin/{name}"
    return None


def of_tool(call: Call) -> str:
    """The environment that `conda run -n NAME`, `poetry run` and their like work in; empty if it is not known."""
    words = call.words
    for option, value in pairwise(words):
        if option in ("-n", "--name", "-p", "--prefix") and call.ran.name in CONDA:
            return conda(value, call.state)
    near = call.state.path(".venv")
    kept = f"{call.ran.name} in {call.state.folder}"
    return kept if kept in call.state.venvs else near if near in call.state.venvs else ""


def conda(name: str, state: State) -> str:
    """Where a conda environment is, by its name or its folder."""
    return state.path(name) if "/" in name and not name.startswith("conda/") else f"conda/{name.rpartition('/')[2]}"


def in_use(state: State) -> str:
    """The environment whose programs come first; empty if it is the image's own."""
    path = state.text("PATH") or ""
    for entry in path.split(":"):
        if UNKNOWN in entry:
            break
        root = entry.removesuffix("/bin")
        if entry.endswith("/bin") and (root in state.venvs or posixpath.basename(root) in ("venv", ".venv", "env")):
            return root
    return state.active


def for_uv(call: Call) -> str:
    """The environment that uv takes where none is named: `VIRTUAL_ENV`, else a `.venv` here; empty: there is none."""
    given = call.ran.environment.get("VIRTUAL_ENV") or (call.state.text("VIRTUAL_ENV") or "")
    if given and UNKNOWN not in given:
        return call.state.path(given)
    if call.state.active:
        return call.state.active
    near = call.state.path(".venv")
    return near if near in call.state.venvs else ""


def remember(call: Call, root: str, tool: str, python: str | None, pip: bool = True) -> None:
    """Remember an environment that a tool keeps by a name of its own."""
    call.state.venvs[root] = Venv(root, call.ran.line, tool, python, pip)
    call.state.made.add(root)


def make(call: Call, path: str, tool: str, python: str | None, pip: bool = True) -> None:
    """Remember an environment that the script makes."""
    root = call.state.path(path)
    if UNKNOWN in root:
        call.unclear("the folder of the environment is not known")
        return
    inherits = "--system-site-packages" in call.ran.words
    call.state.venvs[root] = Venv(root, call.ran.line, tool, python, pip, inherits)
    call.state.made.add(root)


def activate(call: Call, path: str) -> bool:
    """`source PATH/bin/activate`; whether it was that."""
    if not path.endswith("/bin/activate"):
        return False
    if _CONDA_ROOT.search(path):
        # conda's own script: what it activates is its base, or the environment that is named behind it.
        name = call.words[1] if len(call.words) > 1 else "base"
        call.state.active = conda(name, call.state)
        call.state.venvs.setdefault(call.state.active, Venv(call.state.active, call.ran.line, ""))
        return True
    root = call.state.path(path[: -len("/bin/activate")] or "/")
    call.state.active = root
    if root not in call.state.venvs and UNKNOWN not in root:
        call.state.venvs[root] = Venv(root, call.ran.line, "")
    call.state.variables["VIRTUAL_ENV"] = absolute(root)
    return True


def version_in(text: str) -> str | None:
    """`python3.10` and `/usr/bin/python3.10` are "3.10"; so is "3.10.4"."""
    match = _VERSION.search(text) or re.match(r"(?:cpython-?@?)?(\d+\.\d+)", text)
    return match[1] if match else None
