"""What is the matter with a volume, in words: full, read-only, out of names, gone. It only looks."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from installer.core.errors import DeployError

_ROOM = "Free some space there (`du -xh --max-depth=2` shows what takes it), then run the command again."
_OWN = "Change the owner or the permissions, or name another home with --home."
_GONE = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.ESHUTDOWN, errno.EREMOTEIO)
_MEANING = {
    errno.ENOSPC: ("The volume is full", _ROOM),
    errno.EDQUOT: ("This user's share of the volume is used up", _ROOM),
    errno.EROFS: ("The volume is read-only", "Mount it for writing, or name another home with --home."),
    **dict.fromkeys((errno.EACCES, errno.EPERM), ("This user may not do that", _OWN)),
    errno.ENAMETOOLONG: ("The path is too long", "Name a home with a shorter path with --home."),
    errno.EMFILE: ("Too many files are open", "Raise the limit (`ulimit -n`), then run the command again."),
    errno.ENFILE: ("Too many files are open on this machine", "Stop the programs that use them, then run the "
    "command again."),
    **dict.fromkeys(
        _GONE, ("The disk or the network behind it failed", "Restore the volume, then run the command again.")
    ),
}  # fmt: skip


def problem(folder: Path) -> str:
    """What is wrong with the volume that contains `folder`, in a sentence; empty if nothing is seen."""
    try:
        found = os.statvfs(folder)
    except FileNotFoundError:
        return f"{folder} no longer exists: it was removed, or its volume was unmounted."
    except OSError as error:
        return f"{folder} cannot be reached: {error.strerror}."
    if found.f_flag & os.ST_RDONLY:
        return f"The volume of {folder} is read-only."
    if found.f_bavail * found.f_frsize < 1024 * 1024:
        return f"The volume of {folder} is full."
    return f"The volume of {folder} has no inodes left." if found.f_files and not found.f_favail else ""


def explained(error: OSError, home: Path | None = None) -> DeployError:
    """What an error of the system means for a person."""
    file = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
    meaning, fix = _MEANING.get(error.errno or 0, ("", ""))
    message = error.strerror or str(error) or type(error).__name__
    why = f"{meaning}: {message}{f' ({file})' if file else ''}." if meaning else f"The system says: {message}."
    seen = problem(home) if home else ""
    return DeployError(
        f"{file} could not be read or written." if file else "A file could not be read or written.",
        f"{why} {seen}".strip(),
        fix or "Correct that, then run the command again.",
    )
