"""The state of one host, as the fleet says it and prints it in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from installer.core.outcomes import Word


class State(Word):
    """What became of a host."""

    WORKS = "works"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    """It was predicted that it cannot serve."""
    WAITING = "waiting"
    """Its wave did not begin."""
    HELD = "prepared"
    """It has all that it is to serve, and has not started it."""
    UP = "up"
    FAILED = "failed"
    BACK = "taken back"
    """It serves, or not, as before."""
    STUCK = "not taken back"
    DOWN = "down"
    UNREACHED = "unreached"

    @property
    def shown(self) -> str:
        """For a person: what other programs know stays as it is."""
        return {State.BACK: "rolled back", State.STUCK: "not rolled back"}.get(self, str(self))


@dataclass(frozen=True, slots=True)
class Outcome:
    host: str
    state: State
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"name": self.host, "state": self.state, "said": self.message, **self.details}
