"""What a machine and its user are called. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """Each the longest first."""

    hosts: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    """Home folders of the user, without a slash at the end."""
    addresses: tuple[str, ...] = ()
    """Of this machine's network interfaces, without those that lead back to itself."""
