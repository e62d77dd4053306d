"""The Debian packages that a recipe names, with what they need beyond the base of the system, for a machine like this.

Asks apt of this machine, which knows one release: for another release nothing is carried, and the bundle says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from installer.bundles.packing import Content, member_of
from installer.core.contracts.host import Completed
from installer.core.machine.facts import MachineFacts
from installer.core.recipes.recipe import SystemPackage
from installer.core.secrets.inherited import inherited
from installer.host.system import operating_system
from installer.session.bundling.wheels import WheelSources
from installer.session.prepared import Prepared

FOLDER = "system"
_BASE = "?or(?essential, ?priority(required))"
"""What every machine of a release has, as an apt pattern."""
_EMPTY = ("-o", "Dir::State::status=/dev/null")
"""As if nothing was installed."""
_PLANNED = re.compile(r"^Inst (\S+) \(?(?:\[\S+\] )?\(?(\S+)")


@dataclass(frozen=True, slots=True)
class Carried:
    contents: list[Content] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def of(prepared: Prepared, desk: WheelSources) -> Carried:
    """What of the recipe's system packages can be carried, and a note about those that cannot."""
    facts = prepared.facts
    wanted = [one.package for one in prepared.recipe.environment.system_packages if not _is_there(one, facts)]
    if not wanted:
        return Carried()
    here = operating_system()
    ours, theirs = f"{here.id} {here.version} {here.arch}", f"{facts.os.id} {facts.os.version} {facts.os.arch}"
    if ours != theirs or desk.host.which("apt-get") is None:
        why = f"they are those of {theirs}, and this machine is {ours}" if ours != theirs else "there is no apt here"
        return Carried(
            notes=(f"System packages are not included: {why}. {', '.join(wanted)} must be installed there.",)
        )
    folder = desk.work / FOLDER
    folder.mkdir(exist_ok=True)
    for lists in ((), _own_lists(desk)):
        if lists:
            _apt(desk, folder, *lists, "update")
        names = _needed(desk, folder, lists, wanted)
        if names and _apt(desk, folder, *lists, "download", *names).code == 0:
            files = sorted(folder.glob("*.deb"))
            return Carried([member_of(f"{FOLDER}/{file.name}", file, "system") for file in files])
    return Carried(notes=(f"System packages are not included: apt could not fetch {', '.join(wanted)}.",))


def _is_there(package: SystemPackage, facts: MachineFacts) -> bool:
    return package.command is not None and package.library is None and bool(facts.tools.get(package.command))


def _needed(desk: WheelSources, folder: Path, lists: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """`name=version` of them and of what they need, without what every such machine has."""
    base = _planned(desk, folder, *lists, *_EMPTY, "-s", "install", _BASE)
    closure = _planned(desk, folder, *lists, *_EMPTY, "-s", "--no-install-recommends", "install", *wanted)
    return [f"{name}={version}" for name, version in closure.items() if name not in base or name in wanted]


def _planned(desk: WheelSources, folder: Path, *words: str) -> dict[str, str]:
    lines = _apt(desk, folder, *words).output.splitlines()
    return {match[1]: match[2] for line in lines if (match := _PLANNED.match(line))}


def _apt(desk: WheelSources, folder: Path, *words: str) -> Completed:
    environment = {**inherited(desk.host.environment(), "system"), "LC_ALL": "C"}
    return desk.host.run(["apt-get", "-q", *words], environment=environment, folder=folder)


def _own_lists(desk: WheelSources) -> tuple[str, ...]:
    """Package lists of our own: those of the system may be old, and only root can update them."""
    lists = desk.work / "apt"
    for name in ("lists/partial", "archives/partial"):
        (lists / name).mkdir(parents=True, exist_ok=True)
    return ("-o", f"Dir::State::lists={lists}/lists", "-o", f"Dir::Cache={lists}")
