"""Putting a file, a link or a whole tree on the disk so that a power cut leaves the old or the new, nothing between.

What is renamed into place was synced before, and its folder is synced after. Used by the supervisor, so it must import
nothing heavy. It must never leave a half-written file under the name that was requested.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Iterable
from pathlib import Path

_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""What a filesystem says that cannot sync a folder or itself; there is nothing that we could do for it."""


def write_atomically(path: Path, content: str | bytes | Iterable[str], *, mode: int = 0o644) -> None:
    """Replace the whole file at once, and return when it is on the disk. Raises `OSError`."""
    draft = path.with_name(f".{path.name[:200]}.{os.getpid()}-{threading.get_ident()}")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "wb") as out:
            out.writelines(_encoded(content))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def link_atomically(link: Path, target: Path) -> None:
    """Make `link` a symlink to `target` in one step, and return when that is on the disk. Raises `OSError`."""
    draft = link.with_name(f".{link.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    try:
        draft.replace(link)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(link.parent)


def sync_file(path: Path) -> None:
    """The content of a file that someone else wrote is on the disk. Raises `OSError`."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """The names in `folder` are on the disk. Raises `OSError`."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(handle)


def sync_filesystem(inside: Path) -> None:
    """Everything on the filesystem that contains `inside` is on the disk, by one call. Raises `OSError`."""
    import ctypes  # seldom needed

    handle = os.open(inside, os.O_RDONLY | os.O_CLOEXEC)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.syncfs(handle) != 0 and (code := ctypes.get_errno()) not in _NO_SYNC:
            raise OSError(code, os.strerror(code), str(inside))
    finally:
        os.close(handle)


def _encoded(content: str | bytes | Iterable[str]) -> Iterable[bytes]:
    if isinstance(content, bytes):
        return (content,)
    if isinstance(content, str):
        return (content.encode("utf-8", "surrogateescape"),)
    return (piece.encode("utf-8", "surrogateescape") for piece in content)
