"""Folders copied by hard links: what each of the two processes of `installer.host.cloning` does.

The second one runs this very file. It imports next to nothing, because it should have begun before the first is done.
Never follows a symlink.
"""

from __future__ import annotations

import errno
import marshal
import os
import select
import sys
from collections.abc import Iterable, Iterator

Pair = tuple[str, str]
"""A folder, and where its copy goes. Both exist."""
_PARTS = 1000
"""Into so many the folders are distributed at most: all their numbers fit into a pipe at once."""
_AT_ONCE = 16
"""Bytes of the pipe that are taken together; a number has two."""
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES}
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def trees(pairs: list[Pair]) -> int:
    """Copy folders with everything in them; the bytes that had to be copied because links do not work."""
    copied, pending = 0, list(pairs)
    while pending:
        copied += folder(*pending.pop(), pending)
    return copied


def folder(here: str, there: str, below: list[Pair]) -> int:
    """What is directly in a folder; the folders in it are made, and added to `below`."""
    source, target = os.open(here, _FOLDER), os.open(there, _FOLDER)
    try:
        files = []
        with os.scandir(source) as entries:
            for entry in entries:
                name = entry.name
                if entry.is_symlink():
                    os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
                elif entry.is_dir():
                    os.mkdir(name, dir_fd=target)
                    below.append((f"{here}/{name}", f"{there}/{name}"))
                else:
                    files.append((entry.inode(), name))
        # In the order in which they are on the disk: neighbours share a block of the inode table.
        return _link((name for _, name in sorted(files)), here, there, source, target)
    finally:
        os.close(source)
        os.close(target)


def _link(names: Iterable[str], here: str, there: str, source: int, target: int) -> int:
    """Link files from one opened folder to another; the bytes that had to be copied."""
    copied = 0
    for name in names:
        try:
            os.link(name, name, src_dir_fd=source, dst_dir_fd=target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            import shutil

            shutil.copy2(f"{here}/{name}", f"{there}/{name}")
            copied += os.lstat(f"{there}/{name}").st_size
    return copied


def numbers(names: list[str]) -> bytes:
    """What the pipe contains: a number for each part of these folders."""
    return b"".join(number.to_bytes(2, "little") for number in range(min(_PARTS, len(names))))


def parts(names: list[str], source: str, target: str, pipe: int) -> Iterator[list[Pair]]:
    """The parts that this process gets to do, as long as the pipe holds a number."""
    while several := os.read(pipe, _AT_ONCE):
        for at in range(0, len(several), 2):
            mine = names[int.from_bytes(several[at : at + 2], "little") :: _PARTS]
            yield [(f"{source}/{name}", f"{target}/{name}") for name in mine]


def _second(pipe: int, source: str, target: str) -> None:
    """Stops where the first process is gone. Answers with the bytes, or with the arguments of an `OSError`."""
    names: list[str] = marshal.load(sys.stdin.buffer)
    copied = 0
    try:
        for part in parts(names, source, target, pipe):
            if select.select([sys.stdin], [], [], 0)[0]:
                raise SystemExit("the first process is gone")
            copied += trees(part)
    except OSError as error:
        marshal.dump((error.errno, error.strerror, str(error.filename)), sys.stdout.buffer)
    else:
        marshal.dump(copied, sys.stdout.buffer)


if __name__ == "__main__":
    _second(int(sys.argv[1]), *sys.argv[2:])
