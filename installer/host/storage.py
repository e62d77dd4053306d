"""Disks: what is free, which filesystem, and whether hard links work there, which is tried and not guessed.

Leaves nothing behind: the files of the trial are removed before the answer is given.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from pathlib import Path

from installer.core.machine.facts import Disk
from installer.host import mounts, text_files

_MIB = 1 << 20
_IMPOSSIBLE = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL, errno.EXDEV}


def disks(home: Path) -> tuple[Disk, ...]:
    """The disk that contains `home` (or will), then the one that holds /; one entry where they are the same."""
    mounted = mounts.read()
    folder, top = nearest(home), Path("/")
    ours, system = mounts.holding(folder, mounted), mounts.holding(top, mounted)
    found = _disk(folder, ours)
    return (found,) if ours == system else (found, _disk(top, system))


def nearest(path: Path) -> Path:
    """`path` itself, or the closest folder above it that exists; resolved."""
    path = Path.cwd() / path
    return next(folder for folder in (path, *path.parents) if text_files.is_folder(folder)).resolve()


def _disk(folder: Path, mount: mounts.Mount | None) -> Disk:
    return Disk(
        path=mount.point if mount else str(folder),
        free_mib=free_mib(folder),
        filesystem=mount.filesystem if mount else None,
        hardlinks=next((answer for place in _probe_folders(folder) if (answer := hardlinks(place)) is not None), None),
    )


def _probe_folders(folder: Path) -> list[Path]:
    """Where a link may be tried for the disk of `folder`: there, or in a scratch folder of the same disk."""
    scratch = [Path("/tmp"), Path("/var/tmp")] if folder == Path("/") else []
    same = [place for place in scratch if text_files.is_folder(place) and place.stat().st_dev == folder.stat().st_dev]
    return [*same, folder]


def free_mib(folder: Path) -> int | None:
    """What a plain user may still write."""
    try:
        numbers = os.statvfs(folder)
    except OSError:
        return None
    return numbers.f_bavail * numbers.f_frsize // _MIB


def hardlinks(folder: Path) -> bool | None:
    """Whether a hard link can be made in `folder`; `None` if not even a file can."""
    name = folder / f".deploy-tui-link-{os.getpid()}-{threading.get_ident()}"
    other = name.with_name(f"{name.name}-2")
    try:
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        return None
    try:
        os.link(name, other)
        return name.stat().st_nlink == 2
    except OSError as error:
        return False if error.errno in _IMPOSSIBLE else None
    finally:
        for path in (name, other):
            with contextlib.suppress(OSError):
                path.unlink()


def shm_mib(folder: Path = Path("/dev/shm")) -> int | None:
    """Size of the shared memory filesystem; 0 if there is none."""
    try:
        numbers = os.statvfs(folder)
    except FileNotFoundError:
        return 0
    except OSError:
        return None
    return numbers.f_blocks * numbers.f_frsize // _MIB
