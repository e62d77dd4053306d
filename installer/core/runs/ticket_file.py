"""A ticket that is made and not yet written, as a value: where it would go, what it contains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TicketFile:
    path: Path
    content: bytes
    holds: tuple[str, ...]
    """What is in it, in lines for a person."""
