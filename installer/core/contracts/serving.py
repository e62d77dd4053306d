"""A model server as values: how it is launched, what became of it, what stopping left.

Nothing here contains a secret: a launch is written to disk, so its environment is what recipe and stage set.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Mapping

from installer.core.contracts.watching import Watching, watching_from_json
from installer.core.outcomes import ServerStatus

RUNNING = (ServerStatus.STARTING, ServerStatus.READY, ServerStatus.STOPPING)
"""The states in which a server process is there."""
_EVERYWHERE = ("", "0.0.0.0", "::", "*")


def _empty() -> Mapping[str, str]:
    return MappingProxyType({})


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on `host`."""
    import ipaddress

    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def base_url(host: str, port: int) -> str:
    """Where a client on the same machine reaches a server that listens on `host`."""
    name = "127.0.0.1" if host in _EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """Everything that is needed to start one server, again and again."""

    command: tuple[str, ...]
    host: str
    port: int
    model: str
    """Folder of the model."""
    served_as: str
    recipe: str
    engine: str
    """The name of the engine."""
    environment: Mapping[str, str] = field(default_factory=_empty)
    """What is set on top of the inherited environment."""
    generation: int | None = None
    start_timeout_s: int = 600
    stop_timeout_s: int = 30
    structured_output: bool = True
    endpoints: tuple[str, ...] = ()
    """What else is asked once it generates (`stages.endpoints`)."""
    stand_in: bool = False
    """True if the model is a tiny one with random weights."""
    python: tuple[str, ...] = ()
    """Words that start the Python which the server runs with, such as inside its container; empty: the command's."""
    model_seen: str = ""
    """The model's folder as the server sees it; empty: as it is on this machine."""
    cleanup: tuple[str, ...] = ()
    """A command for after its end, however it ended: what it started outside of its own processes (a container)."""

    key: str = ""
    """Where its key comes from: "made" or "env:NAME"; empty: it requires none."""
    key_file: str = ""
    """The file that contains the key; empty: none."""
    key_variable: str = ""
    """The environment variable by which the engine gets it."""
    key_config: str = ""
    """The engine's own file of settings that contains it."""
    sockets_variable: str = ""
    """The variable that tells the engine where to put its sockets; empty: where it puts all that is temporary."""
    watching: Watching = field(default_factory=Watching)
    """How it is supervised; not part of what makes it the same server as another."""
    price: float | None = None
    """What an hour of this machine costs, as its user said."""
    rank: int = 0
    """Which of the machines this is that serve the model together; only rank 0 serves clients."""
    ranks: int = 1

    @property
    def url(self) -> str:
        return base_url(self.host, self.port)

    def same_server(self, other: LaunchSpec) -> bool:
        """Whether a server launched by one is the server that the other describes."""
        return (self.command, self.host, self.port, dict(self.environment), self.key) == (
            other.command, other.host, other.port, dict(other.environment), other.key,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {name: list(getattr(self, name)) for name in ("command", "endpoints", "python", "cleanup")}
        return {**values, **plain, "environment": dict(self.environment), "watching": self.watching.to_json()}


def launch_from_json(body: Any) -> LaunchSpec | None:
    """The launch that `to_json` wrote; `None` if `body` is not one. Keys that are not known are left out."""
    try:
        values = {f.name: body[f.name] for f in fields(LaunchSpec) if f.name in body}
        values["command"] = tuple(map(str, values["command"]))
        for name in ("endpoints", "python", "cleanup"):
            values[name] = tuple(map(str, values.get(name, ())))
        values["environment"] = {str(name): str(value) for name, value in values["environment"].items()}
        values["watching"] = watching_from_json(values.get("watching"))
        return LaunchSpec(**{**values, "port": int(values["port"])})
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


@dataclass(frozen=True, slots=True)
class StartReport:
    """What a start came to, as far as the engine said it. Sizes are of one GPU, in bytes."""

    parts: Mapping[str, float] = field(default_factory=dict)
    """Seconds by part, in their order."""
    kv_tokens: int | None = None
    """Tokens that its key-value cache contains."""
    kv_tokens_foretold: int | None = None
    weights_bytes: int | None = None
    weights_bytes_foretold: int | None = None
    parts_before: Mapping[str, float] = field(default_factory=dict)
    """Seconds by part, as earlier starts of the same engine, GPU and kind of model took; empty: there was none."""
    measured_starts: int = 0
    """How many earlier starts what was predicted rests on; 0: on the formula alone."""
    measured_as: Mapping[str, Any] = field(default_factory=dict)
    """What it counts for in the next plan: engine, release, GPU, family, `kv_tokens_formula`; empty: for nothing."""

    def prediction(self) -> StartReport:
        """What was predicted of it, which holds for another start of the same launch."""
        return replace(self, parts={}, kv_tokens=None, weights_bytes=None)


def report_from_json(body: Any) -> StartReport | None:
    """The report that `dataclasses.asdict` wrote; `None` if `body` is not one."""
    if not isinstance(body, dict):
        return None
    others = ("parts", "parts_before", "measured_starts", "measured_as")
    sizes = [f.name for f in fields(StartReport) if f.name not in others]
    numbers = {name: body.get(name) for name in sizes}
    starts, measured_as = body.get("measured_starts"), body.get("measured_as")
    return StartReport(
        parts=_seconds(body.get("parts")),
        parts_before=_seconds(body.get("parts_before")),
        measured_starts=starts if isinstance(starts, int) else 0,
        measured_as=measured_as if isinstance(measured_as, dict) else {},
        **{name: n if isinstance(n, int) else None for name, n in numbers.items()},
    )


def _seconds(given: Any) -> dict[str, float]:
    pairs = given.items() if isinstance(given, dict) else ()
    return {str(name): float(s) for name, s in pairs if isinstance(s, (int, float))}


@dataclass(frozen=True, slots=True)
class Death:
    """A process of the server that did not end well."""

    pid: int
    name: str
    code: int
    """Its exit status; negative: the signal that ended it."""
    moment: str
    """"loading", "first token" or "serving"."""
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class NamedProcess:
    """A process as a person is told of it: "4991 python3"."""

    pid: int
    """0 if it cannot be seen."""
    name: str

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.pid or ""), self.name)))


@dataclass(frozen=True, slots=True)
class ServerState:
    """What is known about the one server of a home."""

    state: ServerStatus = ServerStatus.STOPPED
    launch: LaunchSpec | None = None
    """How it was launched last; `None` if it never was."""
    pid: int = 0
    """Of the server; 0 if none runs."""
    supervisor: int = 0
    started_at: float | None = None
    """Seconds since the epoch."""
    ready_seconds: float | None = None
    """From launch to the first generated token."""
    report: StartReport | None = None
    """What that start came to; `None` while it is not known."""
    exit_code: int | None = None
    """Negative: the signal that ended it."""
    reason: str = ""
    """Why it is not running, or what is odd about it, in a sentence."""
    deaths: tuple[Death, ...] = ()
    """Processes of it that did not end well and were not asked to end, in their order."""
    leftovers: tuple[NamedProcess, ...] = ()
    """Processes that a server left when it ended without its supervisor."""
    asked_to_end: bool = False
    """Someone is ending it, or its time is up; a server that ends between two lives is not asked."""
    renew: bool = False
    """Someone wants it to be started again, as it is or otherwise."""
    restarts: int = 0
    """How often it was started again by itself."""
    unjudged: str = ""
    """Why a freeze of it would not be seen; empty if one would."""
    launched_at: float | None = None
    """Seconds since the epoch; `started_at` is of its present life."""
    ends_at: float | None = None
    """When its time is up (seconds since the epoch); `None`: never, or not running."""
    idle_ends_at: float | None = None
    """When it is stopped if it is not used."""
    idle_unknown: bool = False
    """It shall stop when it is not used, but does not report whether it is."""

    @property
    def running(self) -> bool:
        return self.state in RUNNING

    @property
    def wanted(self) -> bool:
        """Whether it is to continue running, even if it does not answer now: it loads, froze, or is restarted."""
        return self.running and not self.asked_to_end

    @property
    def comes_back(self) -> bool:
        """Whether it served before, and its supervisor is starting it again (between two lives it has no process)."""
        return self.state == ServerStatus.STARTING and (self.restarts > 0 or not self.pid)

    @property
    def ready(self) -> bool:
        return self.state == ServerStatus.READY

    @property
    def url(self) -> str:
        return self.launch.url if self.launch else ""

    @property
    def model(self) -> str:
        """The name that clients put into `model`."""
        return self.launch.served_as if self.launch else ""

    @property
    def generation(self) -> int | None:
        """The generation whose environment it runs from."""
        return self.launch.generation if self.launch else None


@dataclass(frozen=True, slots=True)
class StopReport:
    """What stopping a server came to."""

    stopped: bool
    """Nothing of it runs any more."""
    leftovers: tuple[NamedProcess, ...] = ()
    """Processes that could not be ended."""
    ran: bool = True
    """Whether there was anything to stop."""


@dataclass(frozen=True, slots=True)
class LogPiece:
    """Lines of the server's log, free of control characters."""

    lines: tuple[str, ...]
    end: int
    """Ask for what comes `after` this to continue reading."""
