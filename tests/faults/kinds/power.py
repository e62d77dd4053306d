"""The plug: a snapshot of the block device at some moment of a run, or after it, is all that the next run finds.

The device is a file on a filesystem that clones files in one step, so that a snapshot is one moment.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.faults.kinds.moment import begin
from tests.faults.kinds.mounts import filesystem, mount, unmount
from tests.faults.testbed import Ground

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def try_one(ground: Ground, dice: Random) -> str:
    kind = dice.choice(("ext4", "xfs", "btrfs"))
    disk, place = _disk(ground, kind), ground.home.root
    process, moment = begin(ground, dice)
    if dice.random() < 0.35:
        ground.index.recover()
        ground.wait(process)
        moment = f"right after {moment.split(',')[0]}"
    subprocess.run(["cp", "--reflink=always", str(disk), str(disk.with_name("snapshot"))], check=True)
    for pid in ground.processes():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if process.returncode is None:
        process.communicate()
    while ground.processes():
        time.sleep(0.01)
    ground.index.recover()
    ground.theirs.clear()
    _another_boot(ground)
    unmount(place)
    mount("-o", "loop,nouuid" if kind == "xfs" else "loop", str(disk.with_name("snapshot")), str(place))
    return f"power loss on {kind}, {moment}"


def _disk(ground: Ground, kind: str) -> Path:
    """The home, on a disk that is a file; what is there already is on it for good."""
    place, outer = ground.home.root, ground.root / "outer"
    filesystem("xfs", ground.root / "outer.img", 1600)
    outer.mkdir()
    mount("-o", "loop", str(ground.root / "outer.img"), str(outer))
    ground.undo.append(lambda: unmount(outer, "-l"))
    disk = outer / "disk"
    filesystem(kind, disk, 500)
    kept = place.with_name("kept")
    if place.exists():
        place.rename(kept)
    place.mkdir()
    mount("-o", "loop", str(disk), str(place))
    ground.undo.append(lambda: unmount(place, "-l"))
    if kept.exists():
        shutil.copytree(kept, place, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(kept)
    os.sync()
    return disk


def _another_boot(ground: Ground) -> None:
    named = ground.root / "boot"
    named.write_text(f"{uuid.UUID(bytes=os.urandom(16))}\n")
    mount("--bind", str(named), str(_BOOT))
    ground.undo.append(lambda: unmount(_BOOT))
