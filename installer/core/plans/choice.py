"""One value of a derived recipe and why it is as it is. A value only."""

from __future__ import annotations

from dataclasses import dataclass

from installer.core.files.document import Scalar


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    """Where it is, such as "server.flags.--max-model-len"; of what the recipe leaves out, where it would be."""
    value: Scalar | None
    """`None`: left out, on purpose."""
    because: str
    """A sentence without a full stop; empty if it is as in the recipe that it was taken from."""
