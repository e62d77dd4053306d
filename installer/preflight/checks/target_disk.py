"""Which of a machine's disks will hold the deployment. Pure."""

from __future__ import annotations

from pathlib import PurePath

from installer.core.machine.facts import Disk, MachineFacts

_VOLUME = "/workspace"
"""The volume that rented pods keep; the home goes there where it can be written."""


def home_disk(facts: MachineFacts, home: PurePath | None = None) -> Disk | None:
    """The disk of the home; on a machine that is not here, the one that the home would be put on."""
    disks = facts.disks or ()
    if facts.here and home is not None:
        holding = [disk for disk in disks if _contains(disk, home)]
        return max(holding, key=lambda disk: len(disk.path), default=None)
    volume = next((disk for disk in disks if disk.path == _VOLUME), None)
    return volume or (disks[0] if disks else None)


def _contains(disk: Disk, path: PurePath) -> bool:
    return path == PurePath(disk.path) or PurePath(disk.path) in path.parents
