"""A Python for a machine that has none which fits: the one that uv offers, packed as it is."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from installer.bundles.packing import Content, member_of
from installer.core.contracts.host import Host
from installer.core.errors import StageError
from installer.core.packages.lock import Lock
from installer.packages import uv
from installer.packages.resolver_errors import conflict_sentence
from installer.session.bundling.wheels import WheelSources
from installer.session.prepared import Prepared

FOLDER = "python"


@dataclass(frozen=True, slots=True)
class Carried:
    contents: list[Content] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def of(prepared: Prepared, lock: Lock, desk: WheelSources) -> Carried:
    """It, where the machine is known to lack the Python of the lock; a note where it could not be fetched."""
    have = prepared.facts.python
    if have is None or lock.python in have:
        return Carried()
    arch = lock.platform.partition("-")[0]
    folder = desk.work / FOLDER
    command = [
        desk.host.uv(), "python", "install", f"cpython-{lock.python}-linux-{arch}-gnu", "--install-dir", str(folder),
        "--no-bin", "--color", "never",
    ]  # fmt: skip
    base = desk.host.environment()
    done = desk.host.run(command, environment=uv.environment(base, prepared.home, desk.host.sources()))
    made = (path.parents[1] for path in folder.glob(f"cpython-*/bin/python{lock.python}"))
    found = next((path for path in made if not path.is_symlink()), None)
    if done.code != 0 or found is None:
        why = conflict_sentence(done.output)
        return Carried(notes=(f"No Python {lock.python} is included, and that machine has none: {why}",))
    archive = desk.work / f"{found.name}.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=6) as out:
        out.add(found, found.name)
    return Carried([member_of(f"{FOLDER}/{archive.name}", archive, "python")])


def unpack(brought: Path, place: Path, host: Host) -> None:
    """Put it where the host looks for it. By `tar`, which keeps links inside. Raises `StageError`."""
    for archive in brought.glob("*.tar.gz"):
        if (place / archive.name.removesuffix(".tar.gz")).is_dir():
            continue
        place.mkdir(parents=True, exist_ok=True)
        done = host.run(["tar", "-xzf", str(archive), "-C", str(place)])
        if done.code != 0:
            raise StageError(f"{archive.name} could not be unpacked.", done.output[-300:], "Look at the disk.")
