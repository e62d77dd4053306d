"""What a server has been through and what it costs, as a value. Reads nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from installer.core.contracts.incident import LOG, Incident
from installer.core.proofs import Proven


@dataclass(frozen=True, slots=True)
class KeptIncident:
    """An incident, and the folder that contains what was kept of it."""

    incident: Incident
    folder: Path

    @property
    def log(self) -> Path:
        """The end of the server's log, as it was then."""
        return self.folder / LOG


@dataclass(frozen=True, slots=True)
class ServerHistory:
    """`None` always means unknown."""

    incidents: tuple[KeptIncident, ...] = ()
    """The newest first."""
    per_hour: float | None = None
    """What an hour of the machine costs."""
    spent: float | None = None
    """Since the machine was started."""
    proven: Proven | None = None
    """What it was proved to do, when that was asked last."""
