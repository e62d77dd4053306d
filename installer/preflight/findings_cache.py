"""What was found a moment ago, one JSON file per question, so that asking again costs nothing.

Kept for ten minutes, because indexes, hubs and this tool itself change. A file that cannot be read counts as none.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from installer.core.errors import DamagedError
from installer.core.files.typed import typed
from installer.core.outcomes import Code
from installer.core.packages.lock import LockedPackage
from installer.core.plans.memory import MemoryEstimate
from installer.core.plans.plan import Finding
from installer.core.plans.repair import Repair
from installer.disk.reading import LARGE, read_json
from installer.disk.writing import write_atomically
from installer.preflight.merging import OWN

FRESH_S = 600.0


@dataclass(frozen=True, slots=True)
class CachedFindings:
    """What the checks found, and what follows from it."""

    findings: tuple[Finding, ...] = ()
    memory: MemoryEstimate | None = None
    repair: Repair | None = None
    packages: tuple[LockedPackage, ...] = ()
    """What a script comes to; empty if that is known otherwise."""
    model: str = ""
    """What a script serves, as the checks saw it."""


NOTHING = CachedFindings()
"""Not looked up."""


def key_of(question: Mapping[str, Any]) -> str:
    """A digest of everything that decides the answer; this tool's own files among it."""
    body = json.dumps([question, _own_state()], sort_keys=True, default=str)
    return hashlib.sha256(body.encode()).hexdigest()[:20]


def kept_or(file: Path, work_out: Callable[[], CachedFindings]) -> CachedFindings:
    """The answer in `file`, else a new one, which is kept unless a defect or an unreachable network has part in it."""
    known = kept(file)
    if known is None:
        known = work_out()
        if not any(finding.source == OWN or finding.code == Code.NETWORK for finding in known.findings):
            keep(known, file)
    return known


def kept(file: Path, *, now: float | None = None) -> CachedFindings | None:
    """The answer in `file`, while it is fresh."""
    try:
        age = (time.time() if now is None else now) - file.stat().st_mtime
        if not 0 <= age <= FRESH_S:
            return None
        body = read_json(file, LARGE)
        return None if body is None else typed(CachedFindings, body)
    except (OSError, ValueError, DamagedError):
        return None


def keep(found: CachedFindings, file: Path) -> None:
    """Write `found` so that a reader sees all of it or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, json.dumps(asdict(found), ensure_ascii=False))


def _own_state() -> float:
    """When a file of this tool that has a say in the answer was changed last."""
    top = Path(__file__).parent.parent
    folders = ("audit", "core", "knowledge", "models", "packages", "preflight", "session")
    files = (file for folder in folders for file in (top / folder).rglob("*.[py]*"))
    return max((file.stat().st_mtime for file in files if "__pycache__" not in file.parts), default=0.0)
