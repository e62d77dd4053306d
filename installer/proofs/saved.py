"""The proofs of a home's server, kept next to it. Reads what it wrote, and nothing else."""

from __future__ import annotations

import json

from installer.core.errors import DamagedError
from installer.core.proofs import Proven, proven_from_json
from installer.core.runs.home import Home
from installer.disk.reading import read_json
from installer.disk.writing import write_atomically


def keep(home: Home, proven: Proven) -> None:
    write_atomically(home.proofs, json.dumps({"schema": 1, **proven.to_json()}, ensure_ascii=False, indent=1))


def kept(home: Home) -> Proven | None:
    """What was proved last; `None` if nothing was, or if the file is damaged."""
    try:
        return proven_from_json(read_json(home.proofs))
    except (OSError, DamagedError):
        return None
