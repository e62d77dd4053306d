"""`MachineFacts` -> the plain mapping that a machine file contains and that `doctor --json` prints.

The inverse of `installer.core.machine.loader`: what is not known is left out, and nothing is added.
"""

from __future__ import annotations

from typing import Any

from installer.core.files.plain import plain
from installer.core.machine.facts import MachineFacts


def to_mapping(facts: MachineFacts) -> dict[str, Any]:
    """The machine file of `facts`, in the order of docs/machine-file.md."""
    mapping: dict[str, Any] = plain(facts, without_none=True)
    del mapping["here"], mapping["other_gpus"], mapping["memory_servers"]
    return {key: value for key, value in mapping.items() if value != {}}
