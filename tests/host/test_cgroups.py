"""Limits of control groups, from the files of both versions."""

from __future__ import annotations

from pathlib import Path

from installer.host import cgroups

SAMPLES = Path(__file__).parent.parent / "samples"
GIB = 1 << 30


def test_a_pod_on_version_2() -> None:
    found = cgroups.limits(SAMPLES / "cgroup-v2-pod")

    assert found.memory_bytes == 50 * GIB
    assert found.cpus == 9.6
    assert found.memory_group is not None
    assert found.memory_group.memory_used() == 8 * GIB - 3 * GIB
    assert found.cpu_group is not None
    assert found.cpu_group.cpu_seconds() == 12.5


def test_a_container_on_version_1() -> None:
    found = cgroups.limits(SAMPLES / "cgroup-v1-pod")

    assert found.memory_bytes == 16 * GIB
    assert found.cpus == 1.5
    assert found.memory_group is not None
    assert found.memory_group.memory_used() == 2 * GIB - GIB // 2
    meter = cgroups.cpu_meter(found, SAMPLES / "cgroup-v1-pod")
    assert meter is not None
    assert meter.cpu_seconds() == 7.25


def test_the_limit_of_a_group_above_ours_counts() -> None:
    found = cgroups.limits(SAMPLES / "cgroup-v2-slice")

    assert found.memory_bytes == 32 * GIB
    assert found.cpus == 4.0


def test_no_quota_is_no_limit() -> None:
    assert cgroups.limits(SAMPLES / "cgroup-v1-free").cpus is None


def test_without_control_groups_nothing_is_limited(tmp_path: Path) -> None:
    assert cgroups.limits(tmp_path) == cgroups.Limits()


def test_files_that_hold_something_else_are_no_limit(tmp_path: Path) -> None:
    root = tmp_path / "machine"
    folder = root / "sys/fs/cgroup"
    folder.mkdir(parents=True)
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text("0::/\nnonsense\n")
    (root / "proc/self/mountinfo").write_text("1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup rw\nnonsense - x\n")
    (folder / "memory.max").write_text("lots\n")
    (folder / "cpu.max").write_text("\n")

    assert cgroups.limits(root) == cgroups.Limits()


def test_this_machine_answers() -> None:
    found = cgroups.limits()

    assert found.memory_bytes is None or found.memory_bytes > 0
    assert found.cpus is None or found.cpus > 0
