"""Volumes for the faults of disks, in a mount namespace of our own, so that all of them end with us.

Needs root, or a kernel that lets a plain user make namespaces.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

from tests.faults.kinds.moment import SkippedError

_CLONE_NEWNS = 0x20000


def own_namespace() -> str:
    """Mount from now on for ourselves only; why not, where that is not permitted."""
    if os.geteuid() != 0:
        return "mounting needs root"
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_CLONE_NEWNS) != 0:
        return os.strerror(ctypes.get_errno())
    done = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, text=True, check=False)
    return done.stderr.strip()


def mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SkippedError(f"mount {' '.join(words)}: {done.stderr.strip()}")


def unmount(place: Path, *words: str) -> None:
    subprocess.run(["umount", *words, str(place)], capture_output=True, check=False)


def filesystem(kind: str, image: Path, mib: int) -> None:
    """A new filesystem in a sparse file."""
    program = shutil.which(f"mkfs.{kind}") or shutil.which(f"mkfs.{kind}", path="/usr/sbin:/sbin")
    if program is None:
        raise SkippedError(f"mkfs.{kind} is not there")
    with image.open("wb") as file:
        file.truncate(mib * 1024 * 1024)
    done = subprocess.run([program, "-q", str(image)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SkippedError(f"mkfs.{kind}: {done.stderr.strip()}")
