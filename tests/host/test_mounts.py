"""Which mount holds a path."""

from __future__ import annotations

from pathlib import Path

from installer.host import mounts

POD = mounts.read(Path(__file__).parent.parent / "samples/cgroup-v2-pod")


def _point(path: str) -> tuple[str, str]:
    found = mounts.holding(Path(path), POD)
    assert found is not None
    return found.point, found.filesystem


def test_the_longest_mount_holds_a_path() -> None:
    assert _point("/workspace/deploy-tui") == ("/workspace", "fuse")
    assert _point("/workspace") == ("/workspace", "fuse")
    assert _point("/workspaces") == ("/", "overlay")
    assert _point("/root") == ("/", "overlay")


def test_blanks_in_a_mount_point_are_read() -> None:
    assert _point("/mnt/my volume/models") == ("/mnt/my volume", "nfs4")


def test_of_two_mounts_on_one_point_the_last_one_counts() -> None:
    stacked = mounts.parse("1 0 0:1 / /dev/shm rw - tmpfs old rw\n2 1 0:2 / /dev/shm rw - ramfs new rw\n")

    found = mounts.holding(Path("/dev/shm"), stacked)

    assert found is not None
    assert found.filesystem == "ramfs"


def test_the_mounts_of_this_machine_are_read() -> None:
    # Not the root: in a chroot it need not be a mount point.
    found = mounts.holding(Path("/proc/self"), mounts.read())

    assert found is not None
    assert (found.point, found.filesystem) == ("/proc", "proc")
