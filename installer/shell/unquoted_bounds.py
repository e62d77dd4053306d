"""Version bounds without quotes, which the shell takes for redirections: `pip install numpy>=1.26`. Pure."""

from __future__ import annotations

import re

from installer.shell.trace import Output, Ran

_BOUND = re.compile(r"=?=?\d[\w.*+!-]*(,.*)?$|=+$")
_INSTALLERS = frozenset(("pip", "pip3", "uv", "pipx"))


def bounds(ran: Ran) -> list[Output]:
    """The redirections of an install that were meant as version bounds."""
    if ran.name not in _INSTALLERS and not (ran.name.startswith(("python", "pip")) and "pip" in ran.words):
        return []
    if "install" not in ran.words:
        return []
    return [found for found in ran.outputs if found.operator in (">", "<", ">>") and _is_bound(found)]


def _is_bound(found: Output) -> bool:
    return not found.descriptor and bool(_BOUND.match(found.path))


def keeps_from_running(ran: Ran) -> bool:
    """Whether one of them reads from a file that is not there, so that the command never runs."""
    return any(found.operator == "<" for found in bounds(ran))
