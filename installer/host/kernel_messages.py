"""What the kernel said of programs that it ended and of GPUs that failed, as far as one may read it. Never waits."""

from __future__ import annotations

import os
import re
from pathlib import Path

_MOST = 4000
"""Records that are looked at."""
_KEPT = 20
_SERIOUS = re.compile(r"NVRM: Xid|[Oo]ut of memory: Killed|oom-kill|invalid opcode|segfault at|general protection")


def serious_messages(device: Path = Path("/dev/kmsg")) -> tuple[str, ...]:
    """The last messages of that kind; empty if there are none, or if they may not be read."""
    try:
        handle = os.open(device, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return ()
    try:
        found = [text for record in _records(handle) if _SERIOUS.search(text := _message(record))]
    finally:
        os.close(handle)
    return tuple(found[-_KEPT:])


def _records(handle: int) -> list[bytes]:
    """Each read gives one record of the kernel's log."""
    found: list[bytes] = []
    while len(found) < _MOST:
        try:
            record = os.read(handle, 8192)
        except BlockingIOError:
            break
        except BrokenPipeError:  # overwritten meanwhile: the next is there
            continue
        except OSError:
            break
        if not record:
            break
        found.append(record)
    return found


def _message(record: bytes) -> str:
    """A record is "priority,number,time,flags;message"."""
    return record.decode("utf-8", "replace").partition(";")[2].split("\n")[0][:400]
