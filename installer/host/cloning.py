"""Copies a tree of folders by hard links, as fast as the kernel makes them: nearly all of the time is its own.

Two processes share the folders, because threads of one block each other (measured: a quarter slower). The
second one is `installer.host.linking`, run as a program. Never follows a symlink.
"""

from __future__ import annotations

import errno
import marshal
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from installer.host import linking
from installer.host.linking import Pair

_WORTH_SHARING = 300
"""Folders on one level from which a second process pays: it takes some 20 ms to start."""


def clone(source: Path, target: Path) -> int:
    """Copy `source` to the new folder `target`; returns the bytes that had to be copied because links do not work.

    Raises `OSError`.
    """
    target.mkdir()
    copied, level = 0, [(str(source), str(target))]
    while 0 < len(level) < _WORTH_SHARING:
        below: list[Pair] = []
        copied += sum(linking.folder(here, there, below) for here, there in level)
        level = below
    alone = copied > 0 or len(os.sched_getaffinity(0)) == 1
    return copied + (linking.trees(level) if alone or not level else _shared(level, source, target))


def _shared(pairs: list[Pair], source: Path, target: Path) -> int:
    """This process and a second one take parts from the same pipe until it is empty."""
    names = [os.path.relpath(here, source) for here, _ in pairs]
    taking, giving = os.pipe()
    try:
        os.write(giving, linking.numbers(names))
        os.close(giving)
        with subprocess.Popen(
            [sys.executable, "-I", "-S", linking.__file__, str(taking), str(source), str(target)], pass_fds=(taking,),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as second:  # fmt: skip
            try:
                return _with(second, linking.parts(names, str(source), str(target), taking), names)
            except BaseException:
                second.kill()
                raise
    finally:
        os.close(taking)


def _with(second: subprocess.Popen[bytes], parts: Iterator[list[Pair]], names: list[str]) -> int:
    assert second.stdin is not None and second.stdout is not None and second.stderr is not None
    second.stdin.write(marshal.dumps(names))
    second.stdin.flush()
    copied = sum(map(linking.trees, parts))
    answer = second.stdout.read()  # its input stays open until it is done: the end of it is the end of us
    if second.wait() != 0:
        raise OSError(errno.EIO, f"the second process of a copy failed: {second.stderr.read().decode()[-300:].strip()}")
    result = marshal.loads(answer)
    if isinstance(result, tuple):
        raise OSError(*result)
    return copied + int(result)
