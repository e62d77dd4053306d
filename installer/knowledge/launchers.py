"""Programs that start other programs: how their own options come off, and what follows them. Data, read once.

Says nothing of a program that no row names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from installer.knowledge.tables import table


@dataclass(frozen=True, slots=True)
class Launcher:
    program: str
    behind: str
    """"command", "python", "text", "file", "image", "instance" (an image, then its name), "environment", "inputs" (a
    command for each piece of its input) or "opaque"."""
    verbs: frozenset[str] = frozenset()
    """Its own commands that start something; empty: it always does."""
    valued: frozenset[str] = frozenset()
    pairs: frozenset[str] = frozenset()
    leading: int = 0
    texts: frozenset[str] = frozenset()
    """Options whose value is shell text."""
    dashes: bool = False
    """Whether the command follows a lone `--`, where there is one."""
    sets: bool = False
    images: frozenset[str] = frozenset()
    """Options that name an image in which the command runs."""
    spreads: bool = False
    """Whether it gives each of what it starts GPUs of its own, or runs it on several machines."""
    away: str = ""
    """Where it runs instead of here; empty: here."""


def launcher(words: Sequence[str]) -> Launcher | None:
    """What is known of the program that a command begins with; `None` if it starts nothing, or is unknown."""
    rows = _launchers().get(words[0].rpartition("/")[2] if words else "", ())
    verb = next((word for word in words[1:] if not word.startswith("-")), "")
    return next((row for row in rows if not row.verbs or verb in row.verbs), None)


@cache
def spreading() -> frozenset[str]:
    """Programs that share out GPUs or machines themselves."""
    return frozenset(name for name, rows in _launchers().items() if any(row.spreads for row in rows))


@cache
def _launchers() -> Mapping[str, tuple[Launcher, ...]]:
    found: dict[str, tuple[Launcher, ...]] = {}
    for row in table("launchers")["launchers"]:
        found[row["program"]] = (*found.get(row["program"], ()), _read(row))
    return found


def _read(row: Mapping[str, Any]) -> Launcher:
    sets: dict[str, Any] = {
        name: frozenset(row.get(name, ())) for name in ("verbs", "valued", "pairs", "texts", "images")
    }
    plain: dict[str, Any] = {
        name: row[name] for name in ("leading", "dashes", "sets", "away", "spreads") if name in row
    }
    return Launcher(row["program"], row["behind"], **sets, **plain)


def other_server(words: Sequence[str]) -> str:
    """The title of another model server that a command starts; empty if it starts none that is known."""
    name = words[0].rpartition("/")[2] if words else ""
    verb = next((word for word in words[1:] if not word.startswith("-")), "")
    for row in table("launchers")["servers"]:
        if name in row.get("programs", ()) or f"{name} {verb}" in row.get("programs", ()):
            return str(row["title"])
    return ""


def server_of_module(module: str) -> str:
    """The title of another model server that `python -m MODULE` starts; empty if it starts none that is known."""
    for row in table("launchers")["servers"]:
        if any(module == known or module.startswith(f"{known}.") for known in row.get("modules", ())):
            return str(row["title"])
    return ""


@cache
def quiet() -> frozenset[str]:
    """Programs that start nothing of their own."""
    return frozenset(table("launchers")["quiet"])


def is_quiet_module(module: str) -> bool:
    """Whether `python -m MODULE` is known to start no server."""
    return any(module == known or module.startswith(f"{known}.") for known in table("launchers")["quiet_modules"])
