"""The incidents of a server: a folder each under `server/incidents`, the newest twenty.

Written by the supervisor and by `installer.host.evidence`, so it must import nothing heavy. It never removes what is
not a folder that it made.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from installer.core.contracts.incident import LOG, Incident, incident_from_json
from installer.host import server_folder

FOLDER = "incidents"
INCIDENT, EVIDENCE = "incident.json", "evidence.json"
STACKS = "stacks.txt"
KEPT = 20
_ID = re.compile(r"\d{8}-\d{6}-[a-z]+(-\d+)?")


def begin(server: Path, kind: str, body: Mapping[str, Any]) -> Path:
    """A new one, with what is known of it; the oldest go. Raises `OSError`."""
    place = server / FOLDER
    place.mkdir(mode=0o700, exist_ok=True)
    now = time.time()
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{kind}"
    # Of one second: after all that are there, so that their names are their order.
    number = max([_order(one)[1] for one in _folders(server) if one.name.startswith(name[:15])], default=0) + 1
    folder = place / (name if number == 1 else f"{name}-{number}")
    folder.mkdir(mode=0o700)
    note(folder, id=folder.name, kind=kind, at=now, **body)
    for old in _folders(server)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def note(folder: Path, **changes: Any) -> None:
    """Add to what is known of it. A full disk loses the note, and nothing else."""
    with suppress(OSError):
        body = server_folder.read_json(folder / INCIDENT) or {}
        server_folder.write_json(folder / INCIDENT, {**body, **changes})


def read(folder: Path) -> Incident | None:
    """The one of this folder; `None` if there is none that can be believed."""
    files = tuple(name for name in (LOG, STACKS) if (folder / name).is_file())
    evidence = server_folder.read_json(folder / EVIDENCE)
    return incident_from_json(server_folder.read_json(folder / INCIDENT), files, evidence)


def lost_gpus(folder: Path) -> tuple[str, ...]:
    """What its evidence says of GPUs that the driver has given up."""
    gpus = (server_folder.read_json(folder / EVIDENCE) or {}).get("gpus")
    lost = gpus.get("lost") if isinstance(gpus, dict) else None
    return tuple(one for one in lost if isinstance(one, str)) if isinstance(lost, list) else ()


def all_of(server: Path) -> list[Incident]:
    """Those of one server, the oldest first."""
    return [found for folder in _folders(server) if (found := read(folder))]


def folder_of(server: Path, incident: str) -> Path | None:
    """The folder of the incident with this id."""
    return next((folder for folder in _folders(server) if folder.name == incident), None)


def _folders(server: Path) -> list[Path]:
    """In the order of their times."""
    with suppress(OSError):
        found = [entry for entry in (server / FOLDER).iterdir() if _ID.fullmatch(entry.name)]
        return sorted((one for one in found if one.is_dir() and not one.is_symlink()), key=_order)
    return []


def _order(folder: Path) -> tuple[str, int, str]:
    stamp, _, rest = folder.name[:15], folder.name[15], folder.name[16:]
    kind, _, number = rest.partition("-")
    return stamp, int(number or 1), kind
