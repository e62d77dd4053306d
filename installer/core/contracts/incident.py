"""An incident as a value: a running server died or froze; what was seen, what was kept of it, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

KINDS = {
    "died": "a process of it ended",
    "frozen": "it no longer generated",
    "deaf": "its port no longer answered",
    "refuses": "it answered with a server error",
    "unready": "it did not start again",
}


LOG = "server.log"
"""In an incident's folder: the end of its server's log."""


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Incident:
    id: str
    kind: str
    """One of `KINDS`."""
    at: float
    """Seconds since the epoch."""
    reason: str
    """What was seen, in a sentence."""
    recipe: str = ""
    model: str = ""
    engine: str = ""
    server: str = ""
    """Which server of its home; empty: the first."""
    done: str = ""
    """What was done about it, in a sentence."""
    back_after_s: float | None = None
    """Until it generated again; `None`: it has not yet."""
    exit_code: int | None = None
    deaths: tuple[Mapping[str, Any], ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=_nothing)
    """What was measured meanwhile: processes, GPUs, the kernel's words."""
    files: tuple[str, ...] = ()
    """What is in its folder with it: its log's end, stacks."""


def incident_from_json(body: Any, files: tuple[str, ...] = (), evidence: Any = None) -> Incident | None:
    """What the supervisor wrote; `None` if `body` is not that."""
    if not isinstance(body, dict) or not isinstance(body.get("at"), (int, float)):
        return None
    texts = {f.name: str(body.get(f.name, "")) for f in fields(Incident) if f.type == "str"}
    code, back, deaths = body.get("exit_code"), body.get("back_after_s"), body.get("deaths")
    return Incident(
        **texts,
        at=float(body["at"]),
        back_after_s=float(back) if isinstance(back, (int, float)) else None,
        exit_code=code if isinstance(code, int) else None,
        deaths=tuple(death for death in deaths if isinstance(death, dict)) if isinstance(deaths, list) else (),
        evidence=evidence if isinstance(evidence, dict) else {},
        files=files,
    )
