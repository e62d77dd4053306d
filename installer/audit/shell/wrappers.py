"""Programs that run another program (`sudo`, `env`, `timeout`, `nohup`, `exec` …): what is left when they are off."""

from __future__ import annotations

import re
from collections.abc import Sequence

_VALUED = {
    "sudo": frozenset(("-u", "--user", "-g", "--group", "-C", "-D", "-h", "-p", "-r", "-t", "-U")),
    "env": frozenset(("-u", "--unset", "-C", "--chdir", "-S")),
    "timeout": frozenset(("-s", "--signal", "-k", "--kill-after")),
    "nice": frozenset(("-n", "--adjustment")),
    "ionice": frozenset(("-c", "-n", "-p", "--class", "--classdata")),
    "time": frozenset(("-f", "-o")),
    "stdbuf": frozenset(("-i", "-o", "-e")),
    "taskset": frozenset(("-p",)),
    "numactl": frozenset(("-N", "-m", "-C", "-i")),
    "exec": frozenset(("-a",)),
    "nohup": frozenset(),
    "command": frozenset(),
    "builtin": frozenset(),
    "setsid": frozenset(),
    "unbuffer": frozenset(),
}
_LEADING = {"timeout": 1, "taskset": 1}
"""Words of their own before the program."""
_ASSIGNMENT = re.compile(r"^([A-Za-z_][A-Za-z0-9_]*)=(.*)$", re.DOTALL)


def unwrapped(words: Sequence[str]) -> tuple[list[str], dict[str, str], list[str]]:
    """The program itself with its words, what is set for it, and the wrappers that were taken off."""
    rest, environment, off = list(words), dict[str, str](), list[str]()
    while rest and (name := rest[0].rpartition("/")[2]) in _VALUED:
        if name == "command" and rest[1:2] and rest[1] in ("-v", "-V"):
            break
        off.append(name)
        rest = _options(rest[1:], _VALUED[name])[_LEADING.get(name, 0) :]
        while rest and name in ("env", "sudo") and (match := _ASSIGNMENT.match(rest[0])):
            environment[match[1]] = match[2]
            rest = rest[1:]
    return rest, environment, off


def _options(words: list[str], valued: frozenset[str]) -> list[str]:
    while words and words[0].startswith("-") and words[0] != "-":
        option = words.pop(0)
        if option == "--":
            break
        if option in valued and words:
            words.pop(0)
    return words
