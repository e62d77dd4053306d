"""Programs in an environment of their own: `uvx`, `uv tool run`, `pipx`, `uv run --with`. Runs nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace

from installer.core.plans.procedure import Install, Sourcing
from installer.knowledge import packages
from installer.shell.commands import environments, installing
from installer.shell.commands.call import Call
from installer.shell.state import Venv
from installer.shell.trace import PRESUMED

_FOLDER = "~/.local/share/uv/tools"
_VALUED = frozenset(
    ("--python", "-p", "--with", "--from", "--spec", "--index", "--index-url", "-i", "--extra-index-url", "--extra",
     "--default-index", "--with-requirements", "--with-editable", "--env-file", "--torch-backend", "-c", "--group",
     "--constraints", "--overrides", "--index-strategy", "--pip-args", "--prerelease", "--directory", "--project")
)  # fmt: skip


def tool(call: Call) -> str:
    """`uvx [--from REQUIREMENT] PROGRAM …`, `uv tool run …`."""
    options, rest = taken_apart(call.words)
    return _once(call, options, rest, "uv")


def uv_tool(call: Call) -> str:
    """`uv tool run …`, `uv tool install …`."""
    match call.words[:1]:
        case ("run",):
            return tool(call.with_words(("uvx", *call.words[1:])))
        case ("install",):
            return _kept(call, *taken_apart(call.words[1:]), "uv")
    return PRESUMED


def pipx(call: Call) -> str:
    """`pipx run …`, `pipx install …`."""
    options, rest = taken_apart(call.words[1:])
    match call.words[:1]:
        case ("run",):
            return _once(call, options, rest, "pip")
        case ("install",):
            return _kept(call, options, rest, "pip")
    return PRESUMED


def taken_apart(words: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The options before the program, and the program with its words."""
    options, rest = dict[str, list[str]](), list(words)
    while rest and rest[0].startswith("-"):
        name, equals, value = rest.pop(0).partition("=")
        if name == "--":
            break
        if name in _VALUED:
            options.setdefault(name, []).append(value if equals else rest.pop(0) if rest else "")
        elif name in ("-m", "--module"):
            return options, ["python", "-m", *rest]
    return options, rest


def _once(call: Call, options: dict[str, list[str]], rest: list[str], by: str) -> str:
    if not rest:
        return PRESUMED
    named = [*options.get("--from", ()), *options.get("--spec", ())]
    program, at, version = rest[0].partition("@")
    wanted = named[-1] if named else f"{program}=={version}" if at and version != "latest" else program
    root = made(call, posixpath.join(_FOLDER, f"line {call.ran.line}"), options, [wanted], by)
    return inside(call, root, [program, *rest[1:]])


def _kept(call: Call, options: dict[str, list[str]], rest: list[str], by: str) -> str:
    more, _ = taken_apart(rest[1:])
    if rest:
        options = {name: [*options.get(name, ()), *more.get(name, ())] for name in {*options, *more}}
        made(call, posixpath.join(_FOLDER, installing.name_of(rest[0])), options, [rest[0].replace("@", "==")], by)
    return PRESUMED


def made(call: Call, root: str, options: dict[str, list[str]], wanted: list[str], by: str) -> str:
    """Remember an environment of its own, with what is installed into it."""
    python = next(iter([*options.get("--python", ()), *options.get("-p", ())]), "")
    call.state.venvs[root] = Venv(
        root, call.ran.line, by, environments.version_in(python) if python else None, pip=False
    )
    requires = (*wanted, *(one for text in options.get("--with", ()) for one in text.split(",")))
    index = [*options.get("--default-index", ()), *options.get("--index-url", ()), *options.get("-i", ())]
    extra = (*options.get("--index", ()), *options.get("--extra-index-url", ()))
    strategy = "first-index" if by == "uv" else "best-match"
    sourcing = Sourcing(index_url=index[-1] if index else None, extra_index_urls=extra, strategy=strategy)
    stage = packages.stage_of_all([installing.name_of(text) for text in requires])
    call.emit(Install(stage, requires=requires, tool=by, sourcing=sourcing), root)
    return root


def inside(call: Call, root: str, words: list[str]) -> str:
    """Follow a command in that environment."""
    state = call.state.copy()
    state.active = root
    return call.interpret(replace(call.with_words(tuple(words)), state=state))


def of_program(call: Call) -> str:
    """The environment that `uv tool install` or `pipx install` made for a program; empty if none did."""
    root = posixpath.join(_FOLDER, call.ran.name)
    return root if root in call.state.venvs else ""
