"""What is inside the wheels of a bundle, before an installer unpacks them: nothing that fills a disk or climbs out.

Reads the list at the end of each file only.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from installer.bundles.manifest import Member
from installer.core.files.problems import quote
from installer.core.text.quantities import size

_MOST = 200
"""So many bytes may one byte of a wheel become; real ones stay below 30."""
_MARGIN = 10_000_000


def faults(folder: Path, members: Iterable[Member]) -> Iterator[str]:
    """A sentence for each wheel that must not be unpacked."""
    for member in members:
        if not member.path.endswith(".whl"):
            continue
        try:
            with zipfile.ZipFile(folder / member.path) as archive:
                listed = archive.infolist()
        except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError) as error:
            yield f"{quote(member.path)} is not a valid wheel ({error})"
            continue
        total = sum(one.file_size for one in listed)
        if total > _MOST * member.bytes + _MARGIN:
            yield f"{quote(member.path)} has {size(member.bytes)} and would unpack to {size(total)}"
        elif climbing := next((one.filename for one in listed if _climbs(one.filename)), None):
            yield f"{quote(member.path)} contains {quote(climbing)}, which would be written outside its folder"


def _climbs(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")
