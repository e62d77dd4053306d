"""How a running server is supervised, as values: what it is asked, when it is started again, when it is to end.

Pure: the supervisor that uses them knows no engine, so all that it needs of one is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

TOKEN_PATH = "/v1/completions"
COUNTED = ("requests", "tokens", "running", "waiting", "cache")
"""Figures of an engine that tell whether someone uses it, and whether it gets on (`knowledge/metrics.yaml`)."""
MOVING = ("tokens", "running", "waiting", "cache")
"""Those of them that its scheduler tells, so that none of them changes while it hangs."""


def token_request(model: str) -> dict[str, Any]:
    """The request for a single token: the only sign of life that every engine gives truthfully."""
    return {"model": model, "prompt": "Hello", "max_tokens": 1, "temperature": 0}


def _nothing() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Watching:
    """How one server is watched. Times are in seconds."""

    restart: bool = True
    """Whether it is started again after it died or froze."""
    per_hour: int = 6
    """At most so often within an hour; then it stays down."""
    every_s: float = 30.0
    """Between two test requests of one token; 0: none are sent."""
    patience_s: float = 60.0
    """So long it may take for one, unless its own figures show that it gets on."""
    pause_s: float = 5.0
    """Before the first start again; each further one within the hour waits twice as long …"""
    longest_pause_s: float = 300.0
    """… up to this."""
    counts: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
    """What the engine calls the figures `COUNTED` on its page of figures."""

    def to_json(self) -> dict[str, Any]:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**values, "counts": {name: list(names) for name, names in self.counts.items()}}


def watching_from_json(body: Any) -> Watching:
    """What `to_json` wrote; as by default where `body` is not that."""
    if not isinstance(body, dict):
        return Watching()
    values: dict[str, Any] = {f.name: body[f.name] for f in fields(Watching) if f.name in body}
    counts = values.pop("counts", {})
    if not isinstance(counts, dict) or not all(isinstance(value, (bool, int, float)) for value in values.values()):
        return Watching()
    named = {str(name): tuple(map(str, names)) for name, names in counts.items() if isinstance(names, list)}
    return Watching(**values, counts=named)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """When a server is to end by itself. 0: never."""

    stop_after_s: float = 0.0
    """So long after it was launched; starting again after a failure does not count again."""
    idle_stop_s: float = 0.0
    """So long after the last request of someone else than us."""
    then: tuple[str, ...] = ()
    """A command of the user's for afterwards, such as the one that stops the pod. Run by no shell."""


def deadlines_from_json(body: Any) -> Deadlines:
    """What `dataclasses.asdict` wrote; no deadlines where `body` is not that."""
    if not isinstance(body, dict):
        return Deadlines()
    numbers = {name: body.get(name) for name in ("stop_after_s", "idle_stop_s")}
    seconds = {name: float(n) for name, n in numbers.items() if isinstance(n, (int, float)) and n > 0}
    then = body.get("then")
    return Deadlines(**seconds, then=tuple(map(str, then)) if isinstance(then, (list, tuple)) else ())
