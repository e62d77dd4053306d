"""Text of a fleet file (YAML or JSON) -> `Fleet`, or one error with every problem in it. Looks nothing up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from installer.core.files import document
from installer.core.files.document import Table
from installer.core.files.problems import Problem, quote, refusal
from installer.core.files.schema import Rule, Rules, read
from installer.core.recipes import rules as rule


@dataclass(frozen=True, slots=True)
class Host:
    name: str
    address: str
    user: str
    port: int = 22
    recipe: str | None = None
    """Name or file, in place of the fleet's."""
    settings: tuple[str, ...] = ()
    """`key=value`, after the fleet's."""
    inside: str | None = None
    """Its address among the hosts, where that is another one than ssh takes; for a model over several of them."""
    home: str | None = None
    """Where deploy-tui keeps everything there; `None`: where it does by itself."""


@dataclass(frozen=True, slots=True)
class Fleet:
    hosts: tuple[Host, ...]
    schema: int = 1
    recipe: str | None = None
    """Name or file; `None`: each machine gets what fits it."""
    settings: tuple[str, ...] = ()
    tool: str = "deploy-tui"
    """The program on each machine: a name, or a whole path."""
    identity: str = ""
    """The file of the private key; empty: what ssh takes by itself."""
    known_hosts: str = ""
    """The file of host keys; empty: ssh's own."""
    share: int = 25
    """Percent of the hosts that are left after the first one, for the second wave."""
    patience_s: int = 600
    """How long a machine may be out of reach during an installation before it counts as failed."""


def parse(text: str, source: str) -> Fleet:
    """Raises one `UsageError` that lists every problem."""
    found, problems = read(document.parse(text, source, "fleet file"), Fleet, _RULES)
    if found is None:
        fix = "Correct these lines; docs/fleet.md says what each key may be. No machine was asked."
        raise refusal("fleet file", source, problems, fix)
    return found


def _shaped(pattern: str, expected: str) -> Rule:
    shape = re.compile(pattern)
    return lambda value: "" if shape.fullmatch(value) else f"expected {expected}, found {quote(value)}"


_ABSOLUTE = _shaped(r"(/[A-Za-z0-9 ._+@-]+)+", "a whole path, beginning with /")


def _between(least: int, most: int) -> Rule:
    return lambda value: "" if least <= value <= most else f"expected {least} to {most}, found {value}"


def _schema(value: int) -> str:
    return "" if value == 1 else f"this version reads schema 1, found {value}"


def _setting(value: str) -> str:
    return "" if re.match(r"[^=\s]+=", value) else f"expected KEY=VALUE, found {quote(value)}"


def _whole(fleet: Fleet, tree: Table) -> Iterator[Problem]:
    if not fleet.hosts:
        yield Problem(tree.at("hosts"), "it lists no host")
    names = [host.name for host in fleet.hosts]
    places = [f"{host.user}@{host.address}:{host.port}, home {host.home or 'its own'}" for host in fleet.hosts]
    for listed in (names, places):
        for twice in sorted({one for one in listed if listed.count(one) > 1}):
            yield Problem(tree.at("hosts"), f"{quote(twice)} is listed twice under hosts")


_RULES = Rules(
    values={
        (Host, "name"): _shaped(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "a name of letters, digits, dots and dashes"),
        (Host, "address"): _shaped(r"[A-Za-z0-9:][A-Za-z0-9.:%_-]*", "a host's name or address"),
        (Host, "user"): _shaped(r"[A-Za-z_][A-Za-z0-9._-]*", "a user's name"),
        (Host, "port"): rule.port,
        (Host, "inside"): rule.host,
        (Host, "home"): _ABSOLUTE,
        (Host, "settings"): _setting,
        (Fleet, "schema"): _schema,
        (Fleet, "settings"): _setting,
        (Fleet, "tool"): _shaped(r"[A-Za-z0-9._-]+|(/[A-Za-z0-9 ._+@-]+)+", "a program's name or whole path"),
        (Fleet, "identity"): _ABSOLUTE,
        (Fleet, "known_hosts"): _ABSOLUTE,
        (Fleet, "share"): _between(1, 100),
        (Fleet, "patience_s"): _between(1, 86_400),
    },
    text=rule.text,
    whole={Fleet: _whole},
)
