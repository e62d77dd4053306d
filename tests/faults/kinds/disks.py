"""A volume that is full, read-only, without inodes, or gone: from the start, or in the middle of a run."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

from tests.faults.kinds.moment import begin
from tests.faults.kinds.mounts import filesystem, mount, unmount
from tests.faults.testbed import RECIPE, Ground

_ROOM = "size=400m,nr_inodes=200k"


def try_one(ground: Ground, dice: Random) -> str:
    return dice.choice((_full, _full_from_the_start, _no_inodes, _read_only, _failing, _gone, _removed))(ground, dice)


def _on_tmpfs(ground: Ground) -> Path:
    """The home, moved to a volume of its own."""
    place = ground.home.root
    kept = place.with_name("kept")
    if place.exists():
        place.rename(kept)
    place.mkdir()
    mount("-t", "tmpfs", "-o", _ROOM, "tmpfs", str(place))
    ground.undo.append(lambda: unmount(place, "-l"))
    if kept.exists():
        shutil.copytree(kept, place, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(kept)
    return place


def _asked_meanwhile(ground: Ground) -> None:
    for words in (("status",), ("plan", "--recipe", str(RECIPE)), ("server", "status"), ("rollback",)):
        ground.tool(*words)


def _full(ground: Ground, dice: Random) -> str:
    place = _on_tmpfs(ground)
    process, moment = begin(ground, dice)
    _fill(place / "filler")
    ground.wait(process)
    _asked_meanwhile(ground)
    (place / "filler").unlink()
    return f"the volume fills during {moment}"


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as out:
        for size in (1 << 20, 4096):
            try:
                while True:
                    out.write(bytes(size))
            except OSError:
                continue


def _full_from_the_start(ground: Ground, dice: Random) -> str:
    place = _on_tmpfs(ground)
    _fill(place / "filler")
    ground.ask(ground.deploying())
    _asked_meanwhile(ground)
    (place / "filler").unlink()
    return "the volume is full"


def _no_inodes(ground: Ground, dice: Random) -> str:
    place = _on_tmpfs(ground)
    taken = sum(1 for _ in place.rglob("*"))
    mount("-o", f"remount,nr_inodes={taken + dice.randint(5, 250)}", str(place))
    ground.ask(ground.deploying())
    _asked_meanwhile(ground)
    mount("-o", "remount,nr_inodes=200k", str(place))
    return "the volume has few inodes left"


def _read_only(ground: Ground, dice: Random) -> str:
    place = _on_tmpfs(ground)
    mount("-o", "remount,ro", str(place))
    ground.ask(ground.deploying())
    _asked_meanwhile(ground)
    mount("-o", "remount,rw", str(place))
    return "the volume is read-only"


def _failing(ground: Ground, dice: Random) -> str:
    """An ext4 that meets an error goes read-only under everybody's hands."""
    place, image = ground.home.root, ground.root / "disk.img"
    filesystem("ext4", image, 400)
    kept = place.with_name("kept")
    if place.exists():
        place.rename(kept)
    place.mkdir()
    mount("-o", "loop,errors=remount-ro", str(image), str(place))
    ground.undo.append(lambda: unmount(place, "-l"))
    if kept.exists():
        shutil.copytree(kept, place, symlinks=True, dirs_exist_ok=True)
    process, moment = begin(ground, dice)
    device = next(line.split()[0] for line in Path("/proc/mounts").read_text().splitlines() if f" {place} " in line)
    trigger = Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error")
    trigger.write_text("tests")
    ground.wait(process)
    _asked_meanwhile(ground)
    ground.repair()
    if kept.exists():
        shutil.rmtree(place)
        kept.rename(place)
    return f"the volume fails and goes read-only during {moment}"


def _gone(ground: Ground, dice: Random) -> str:
    place = _on_tmpfs(ground)
    kept = ground.root / "copy"
    shutil.copytree(place, kept, symlinks=True)
    process, moment = begin(ground, dice)
    ground.repair()
    ground.wait(process)
    _asked_meanwhile(ground)
    _nothing_runs(ground)
    shutil.rmtree(place)
    kept.rename(place)
    return f"the volume is unmounted during {moment}"


def _removed(ground: Ground, dice: Random) -> str:
    process, moment = begin(ground, dice)
    shutil.rmtree(ground.home.root, ignore_errors=True)
    ground.theirs.clear()
    ground.wait(process)
    _nothing_runs(ground)
    return f"the home is deleted during {moment}"


def _nothing_runs(ground: Ground) -> None:
    import time

    deadline = time.monotonic() + 8
    while (running := ground.processes()) and time.monotonic() < deadline:
        time.sleep(0.05)
    if running:
        from tests.faults.testbed import Said

        ground.said.append(Said(("what ran without its home",), None, str(running)))
