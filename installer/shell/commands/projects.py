"""Tools that keep an environment for a project: uv (`add`, `sync`), poetry, pdm, pipenv, rye, pixi. Runs nothing.

What they install is what is added in the script, and what the project's own file says where that can be read.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import replace

from installer.core.plans.procedure import Install, Sourcing
from installer.knowledge import packages
from installer.shell import project_files
from installer.shell.commands import environments, installing
from installer.shell.commands.call import Call
from installer.shell.project_files import Project
from installer.shell.state import UNKNOWN
from installer.shell.trace import ASKED, PRESUMED

_VALUED = frozenset(
    ("--index", "--default-index", "--index-url", "-i", "--extra-index-url", "--python", "-p", "--group", "-G",
     "--extra", "-E", "--source", "--optional", "--directory", "--project", "-C", "--tag", "--branch", "--rev",
     "--index-strategy", "--prerelease", "--with", "--without", "--only", "--feature", "-f", "--platform", "--name",
     "--description", "--dependency", "-r", "--requirements", "--link-mode", "--torch-backend", "-c", "--constraint",
     "--no-build-package", "--no-install-package", "--no-build-isolation-package", "-e", "--environment", "--channel")
)  # fmt: skip
_FILES: dict[str, tuple[str, Callable[[str], Project | None], str]] = {
    "uv": ("pyproject.toml", project_files.pyproject, "uv.lock"),
    "poetry": ("pyproject.toml", project_files.pyproject, "poetry.lock"),
    "pdm": ("pyproject.toml", project_files.pyproject, ""),
    "rye": ("pyproject.toml", project_files.pyproject, ""),
    "hatch": ("pyproject.toml", project_files.pyproject, ""),
    "pipenv": ("Pipfile", project_files.pipfile, ""),
    "pixi": ("pixi.toml", project_files.pixi, ""),
}
_RUN_FILLS = frozenset(("uv", "pixi"))
"""Whose `run` brings the environment up to date first; the others only use it."""
_ADDS = frozenset(("add", "install", "require"))
_SYNCS = frozenset(("install", "sync", "update", "lock"))


def run(call: Call) -> str:
    """`poetry add …`, `pipenv install`, `uv sync` and their like."""
    options, plain, switches = _sorted(list(call.words))
    verb, names = (plain[0], plain[1:]) if plain else ("", [])
    tool = call.ran.name
    match verb:
        case "init" | "new":
            _begin(call, tool, options, names if verb == "new" or tool in ("uv", "pixi") else [])
        case "env" | "python" | "use" | "pin":
            _python(call, tool, verb, names)
        case "shell":
            call.state.active = place(call)
        case _ if verb in _ADDS and names:
            _add(call, tool, options, names, switches)
        case _ if verb in _SYNCS:
            _sync(call, tool, options, switches)
        case "show" | "list" | "tree" | "version":
            return ASKED
    return PRESUMED


def place(call: Call) -> str:
    """The environment of the project here."""
    tool = call.ran.name
    return call.state.path(".venv") if tool in ("uv", "pdm", "rye") else f"{tool} in {call.state.folder}"


def ready(call: Call) -> str:
    """The environment that `uv run`, `pixi run` and such work in; they fill it from the project's file by themselves.

    Empty if there is neither. What the script has filled itself is left as it is.
    """
    root, tool = place(call), call.ran.name
    if tool in _RUN_FILLS and root not in call.record.environments and call.read(_FILES[tool][0]) is not None:
        _sync(call, tool, {}, set())
    return root if root in call.state.venvs else ""


def task(call: Call, name: str) -> str:
    """The command that a pixi project keeps under a name; empty if it keeps none."""
    return _read(call, "pixi").tasks.get(name, "") if call.ran.name == "pixi" else ""


def _sorted(words: list[str]) -> tuple[dict[str, list[str]], list[str], set[str]]:
    options, plain, switches = dict[str, list[str]](), list[str](), set[str]()
    while words:
        name, equals, value = words.pop(0).partition("=")
        if not name.startswith("-"):
            plain.append(name + equals + value)
        elif name in _VALUED:
            options.setdefault(name, []).append(value if equals else words.pop(0) if words else "")
        else:
            switches.add(name)
    return options, plain, switches


def _begin(call: Call, tool: str, options: dict[str, list[str]], names: list[str]) -> None:
    """A new project; one that gets a folder of its own is entered with `cd`."""
    given = [*options.get("--python", ()), *options.get("-p", ())]
    python = environments.version_in(given[-1]) if given else None
    folder = call.state.path(names[0]) if names and UNKNOWN not in names[0] else call.state.folder
    if python:
        call.state.files[posixpath.normpath(posixpath.join(folder, ".python-version"))] = python
        if folder == call.state.folder:
            _make(call, tool, python)
    call.state.made.add(folder)


def _python(call: Call, tool: str, verb: str, names: list[str]) -> None:
    """`poetry env use 3.11`, `uv python pin 3.12`, `pdm use 3.11`."""
    words = [verb, *names] if verb in ("use", "pin") else names
    python = environments.version_in(words[1]) if len(words) > 1 and words[0] in ("use", "pin") else None
    if python:
        call.state.files[call.state.path(".python-version")] = python
        _make(call, tool, python)


def _make(call: Call, tool: str, python: str | None) -> str:
    root = place(call)
    known = call.state.venvs.get(root)
    if known is None or (python and known.python != python):
        pinned = call.read(".python-version") or ""
        environments.remember(call, root, tool, python or environments.version_in(pinned.strip()), pip=False)
    return root


def _add(call: Call, tool: str, options: dict[str, list[str]], names: list[str], switches: set[str]) -> None:
    if tool == "pixi" and "--pypi" not in switches:
        if python := project_files.python_of(names):
            _make(call, tool, python)
        if others := [one for one in names if not one.startswith("python")]:
            call.unclear(f"packages of conda are not looked up ({', '.join(others[:4])})")
        return
    if any(UNKNOWN in name for name in names):
        call.unclear("what is added depends on something that is not known")
    requires = tuple(_written(name, tool) for name in names if UNKNOWN not in name)
    if requires:
        _emit(call, _make(call, tool, _read(call, tool).python or None), requires, _sourcing(tool, options))


def _written(name: str, tool: str) -> str:
    """`name@^0.10` and `name@0.10.2` as pip would write them."""
    package, at, version = name.partition("@")
    if not at or "://" in name or " @ " in name:
        return name
    return f"{package}{project_files.specifier(version)}"


def _sourcing(tool: str, options: dict[str, list[str]]) -> Sourcing:
    indexes = [*options.get("--default-index", ()), *options.get("--index-url", ()), *options.get("-i", ())]
    extra = (*options.get("--index", ()), *options.get("--extra-index-url", ()))
    named = tuple(url.partition("=")[2] if "=" in url.partition("://")[0] else url for url in extra)
    strategy = "first-index" if tool == "uv" else "best-match"
    return Sourcing(index_url=indexes[-1] if indexes else None, extra_index_urls=named, strategy=strategy)


def _emit(call: Call, root: str, requires: tuple[str, ...], sourcing: Sourcing, locked: tuple[str, ...] = ()) -> None:
    stage = packages.stage_of_all([installing.name_of(text) for text in requires])
    call.emit(Install(stage, requires=requires, tool="uv", sourcing=sourcing, constraints=locked), root)


def _read(call: Call, tool: str) -> Project:
    """What the project's own file says; nothing if it is not there."""
    name, read, _ = _FILES.get(tool, _FILES["uv"])
    text = call.read(name)
    if text is None and tool == "pixi":
        text = call.read("pyproject.toml")
    return (read(text) if text is not None else None) or Project()


def _sync(call: Call, tool: str, options: dict[str, list[str]], switches: set[str]) -> None:
    name, _, lock = _FILES.get(tool, _FILES["uv"])
    found = _read(call, tool)
    if found == Project() and call.read(name) is None:
        if place(call) not in call.state.venvs:
            call.unclear(f"{name} is not next to the script, so what `{tool} {call.words[0]}` installs is not known")
        return
    wanted = [*options.get("--extra", ()), *options.get("-E", ())]
    extras = found.extras if switches & {"--all-extras"} else {one: found.extras.get(one, ()) for one in wanted}
    groups = [*options.get("--group", ()), *options.get("--with", ()), "main"]
    if tool == "pixi" and (others := [one for one in found.conda if packages.stage_of(installing.name_of(one)) == 7]):
        call.unclear(f"packages of conda are not looked up ({', '.join(others[:4])})")
    requires = (
        *found.requires,
        *(text for texts in extras.values() for text in texts),
        *(text for group in groups for text in found.groups.get(group, ())),
    )
    text = call.read(lock) if lock else None
    sourcing = _sourcing(tool, options)
    sourcing = replace(sourcing, extra_index_urls=(*sourcing.extra_index_urls, *found.indexes))
    root = _make(call, tool, found.python or None)
    if requires:
        _emit(call, root, requires, sourcing, project_files.locked(text) if text else ())
