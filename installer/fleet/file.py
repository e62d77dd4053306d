"""Text of a fleet file (YAML or JSON) -> `Fleet`, or one error with every problem in it. Looks nothing up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from installer.core.errors import UsageError
from installer.core.files import document, foreign_json
from installer.core.files.document import Table
from installer.core.files.problems import Problem, quote, refusal
from installer.core.files.schema import Rule, Rules, read
from installer.core.recipes import rules as rule
from installer.fleet import inventories


@dataclass(frozen=True, slots=True)
class Host:
    name: str
    address: str
    user: str = ""
    """Empty: the one of ssh's own configuration."""
    port: int | None = None
    """`None`: the one of ssh's own configuration, else 22."""
    recipe: str | None = None
    """Name or file, in place of the fleet's."""
    settings: tuple[str, ...] = ()
    """`key=value`, after the fleet's."""
    inside: str | None = None
    """Its address among the hosts, where that is another one than ssh takes; for a model over several of them."""
    home: str | None = None
    """Where deploy-tui keeps everything there; `None`: where it does by itself."""
    bundle: str | None = None
    """In place of the fleet's."""
    volume: str | None = None
    """In place of the fleet's."""


@dataclass(frozen=True, slots=True)
class Router:
    host: str
    """The host that it runs on, by its name."""
    key_file: str
    """The file, here, of the key that clients send; made where there is none."""
    port: int = 8080
    settings: tuple[str, ...] = ()
    """`key=value` for its own recipe."""
    home: str | None = None
    """Where deploy-tui keeps the router there; `None`: the host's home with `-router` behind it."""
    drain_s: int = 120
    """How long a server that is to be exchanged may take to finish what it was asked."""
    bundle: str | None = None
    """The folder, here, of a bundle of the router's own packages; made at the first `up` where there is none."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the benchmark must come to on each host, one request at a time."""

    ttft_ms: float | None = None
    """The longest time to the first token, in milliseconds."""
    tokens_per_s: float | None = None
    """The fewest tokens per second."""


@dataclass(frozen=True, slots=True)
class Fleet:
    hosts: tuple[Host, ...] = ()
    schema: int = 1
    recipe: str | None = None
    """Name or file; `None`: each machine gets what fits it."""
    settings: tuple[str, ...] = ()
    tool: str = "deploy-tui"
    """The program on each machine: a name, or a whole path."""
    bring_tool: bool = False
    """Whether it is put there out of the bundle, where it is not yet the one of the bundle."""
    identity: str = ""
    """The file of the private key; empty: what ssh takes by itself."""
    known_hosts: str = ""
    """The file of host keys; empty: ssh's own."""
    carrier: str = "ssh"
    """How hosts are reached: by the system's `ssh`, or by `pyinfra`."""
    share: int = 25
    """Percent of the hosts that are left after the first one, for the second wave."""
    patience_s: int = 600
    """How long a machine may be out of reach during an installation before it counts as failed."""
    router: Router | None = None
    """One address and one key in front of all; `None`: each host has its own."""
    bounds: Bounds | None = None
    """`None`: a wave is checked by its proofs alone."""
    bundle: str | None = None
    """The folder, here, of the bundle that hosts get; made at the first `up` where there is none. `None`: each
    host fetches for itself."""
    volume: str | None = None
    """A folder on the hosts that is the same one for all of them; a bundle is put there once."""
    host_to_host: bool = False
    """Whether a host that has the bundle serves it to the next ones, over the network between them."""


def router_home(fleet: Fleet) -> str:
    """Where the router is kept on its host; empty if nothing says it."""
    if fleet.router is None:
        return ""
    below = next((host.home for host in fleet.hosts if host.name == fleet.router.host), None)
    return fleet.router.home or (f"{below}-router" if below else "")


def parse(text: str, source: str, hosts: Sequence[Host] = ()) -> Fleet:
    """`hosts`: those that come from elsewhere. Raises one `UsageError` that lists every problem."""

    def cross_field(fleet: Fleet, tree: Table) -> Iterator[Problem]:
        if fleet.hosts and hosts:
            yield Problem(tree.at("hosts"), "the hosts come from --hosts, but are listed here as well")
        yield from _contradictions(replace(fleet, hosts=fleet.hosts or tuple(hosts)), tree)

    rules = replace(_RULES, cross_field={Fleet: cross_field})
    found, problems = read(document.parse(text, source, "fleet file"), Fleet, rules)
    if found is None:
        fix = "Correct these lines; docs/fleet.md says what each key may be. No machine was asked."
        raise refusal("fleet file", source, problems, fix)
    return replace(found, hosts=found.hosts or tuple(hosts))


def written(text: str, source: str) -> str:
    """A fleet file, also where `text` is the JSON in which another program prints its hosts."""
    try:
        rows = inventories.hosts(foreign_json.loads(text), source)
    except ValueError:
        return text
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{source} looks like another program's list of hosts, but cannot be read ({error!r}).", "",
            "docs/fleet.md lists the programs whose output can be read; otherwise write a fleet file.",
        ) from None  # fmt: skip
    return text if rows is None else json.dumps({"hosts": rows}, indent=1)


def _shaped(pattern: str, expected: str) -> Rule:
    shape = re.compile(pattern)
    return lambda value: "" if shape.fullmatch(value) else f"expected {expected}, found {quote(value)}"


_ABSOLUTE = _shaped(r"(/[A-Za-z0-9 ._+@-]+)+", "an absolute path")

_NAME = _shaped(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "a name of letters, digits, dots and dashes")
_ADDRESS = _shaped(r"[A-Za-z0-9:][A-Za-z0-9.:%_-]*", "a host's name or address")
TOOL = "/bin/deploy-tui"
"""What the path of a transferred tool ends with."""
ROUTER = "router"
"""What the router is called among the hosts, in what is said."""


def _above(value: float) -> str:
    return "" if value > 0 else f"expected more than 0, found {value}"


def _between(least: int, most: int) -> Rule:
    return lambda value: "" if least <= value <= most else f"expected {least} to {most}, found {value}"


def _schema(value: int) -> str:
    return "" if value == 1 else f"this version reads schema 1, found {value}"


def _carrier(value: str) -> str:
    return "" if value in ("ssh", "pyinfra") else f"expected ssh or pyinfra, found {quote(value)}"


def _setting(value: str) -> str:
    return "" if re.match(r"[^=\s]+=", value) else f"expected KEY=VALUE, found {quote(value)}"


def _contradictions(fleet: Fleet, tree: Table) -> Iterator[Problem]:
    if not fleet.hosts:
        yield Problem(tree.at("hosts"), "it lists no host")
    names = [host.name for host in fleet.hosts]
    places = [
        f"{host.user or 'its own user'}@{host.address}:{host.port or 22}, home {host.home or 'its own'}"
        for host in fleet.hosts
    ]
    for listed in (names, places):
        for twice in sorted({one for one in listed if listed.count(one) > 1}):
            yield Problem(tree.at("hosts"), f"{quote(twice)} is listed twice under hosts")
    yield from _bundled(fleet, tree)
    if fleet.bring_tool and not (fleet.tool.startswith("/") and fleet.tool.endswith(TOOL)):
        yield Problem(tree.at("bring_tool"), f"say where it is installed: tool, an absolute path that ends with {TOOL}")
    if fleet.bring_tool and any((host.bundle or fleet.bundle) is None for host in fleet.hosts):
        yield Problem(tree.at("bring_tool"), "it comes with a bundle, and a host has none")
    if fleet.router and fleet.router.host not in names:
        yield Problem(tree.at("router"), f"there is no host called {quote(fleet.router.host)} for the router")
    elif fleet.router and not router_home(fleet):
        yield Problem(tree.at("router"), "say where the router is installed: home, here or of its host")
    if fleet.router and ROUTER in names:
        yield Problem(tree.at("hosts"), f"no host can be called {quote(ROUTER)} if there is a router")


def _bundled(fleet: Fleet, tree: Table) -> Iterator[Problem]:
    """A bundle is of one recipe, and a shared folder is for bundles alone."""
    recipes: dict[str, set[str | None]] = {}
    for host in fleet.hosts:
        if bundle := host.bundle or fleet.bundle:
            recipes.setdefault(bundle, set()).add(host.recipe or fleet.recipe)
        elif host.volume or fleet.volume:
            yield Problem(tree.at("volume" if fleet.volume else "hosts"), "a volume is for a bundle: name one")
            return
    if fleet.host_to_host and not recipes:
        yield Problem(tree.at("host_to_host"), "hosts pass on a bundle: name one")
    for bundle, named in recipes.items():
        if len(named) > 1:
            problem = f"{quote(bundle)} is the bundle of hosts with different recipes: give each recipe one of its own"
            yield Problem(tree.at("bundle" if fleet.bundle == bundle else "hosts"), problem)
    if fleet.router and fleet.router.bundle in recipes:
        yield Problem(tree.at("router"), "its bundle is that of a host: the router has packages of its own")


_RULES = Rules(
    values={
        (Host, "name"): _NAME,
        (Host, "address"): _ADDRESS,
        (Host, "user"): _shaped(r"[A-Za-z_][A-Za-z0-9._-]*", "a user's name"),
        (Host, "port"): rule.port,
        (Host, "inside"): rule.host,
        (Host, "home"): _ABSOLUTE,
        (Host, "settings"): _setting,
        (Host, "volume"): _ABSOLUTE,
        (Fleet, "volume"): _ABSOLUTE,
        (Router, "host"): _NAME,
        (Router, "key_file"): _ABSOLUTE,
        (Router, "port"): rule.port,
        (Router, "settings"): _setting,
        (Router, "home"): _ABSOLUTE,
        (Router, "drain_s"): _between(0, 86_400),
        (Bounds, "ttft_ms"): _above,
        (Bounds, "tokens_per_s"): _above,
        (Fleet, "carrier"): _carrier,
        (Fleet, "schema"): _schema,
        (Fleet, "settings"): _setting,
        (Fleet, "tool"): _shaped(r"[A-Za-z0-9._-]+|(/[A-Za-z0-9 ._+@-]+)+", "a program's name or absolute path"),
        (Fleet, "identity"): _ABSOLUTE,
        (Fleet, "known_hosts"): _ABSOLUTE,
        (Fleet, "share"): _between(1, 100),
        (Fleet, "patience_s"): _between(1, 86_400),
    },
    text=rule.text,
    cross_field={Fleet: _contradictions},
)
