"""`completion bash|zsh`: a script that completes our commands, made from the grammar itself by shtab.

The script is made once and knows everything: pressing TAB never starts Python.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from installer.cli import streams
from installer.cli.parser import build
from installer.core.errors import ExitCode

_ASKED = "_deploy_tui_recipes"
"""The shell function that offers recipes by name, and files."""


def print_script(options: argparse.Namespace) -> int:
    """Serve `completion`."""
    streams.data(script(options.shell))
    return int(ExitCode.OK)


def script(shell: str) -> str:
    """What to source in `shell` ("bash" or "zsh")."""
    import shtab

    from installer.session.recipes import names
    from stages import STAGES

    parser = build()
    files = dict.fromkeys(("FILE", "FILE|DIR", "SCRIPT"), shtab.FILE)
    completions = {"DIR": shtab.DIRECTORY, "NAME|FILE": _recipes(names()), **files}
    for action in _actions(parser):
        if action.dest == "stage":
            action.choices = ("all", *(stage.name for stage in STAGES))
        elif place := completions.get(str(action.metavar or "")):
            action.complete = place  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell=shell))


def _recipes(names: list[str]) -> dict[str, object]:
    """Names that are included, and files, in the form that shtab takes."""
    words = " ".join(names)
    bash = f'{_ASKED}() {{ compgen -W "{words}" -- "$1"; _shtab_compgen_files "$1"; }}'
    zsh = f"{_ASKED}() {{ _alternative 'recipes:recipe:({words})' 'files:file:_files' }}"
    return {"bash": _ASKED, "zsh": _ASKED, "preamble": {"bash": bash, "zsh": zsh}}


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of a parser and of the commands below it."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)
