"""The meters of this machine, and of a pod with limits."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from installer.host import gpu
from installer.host.meters import Meters
from tests.stand_ins.nvml import Card, Nvml

MIB = 1 << 20


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    """A pod with 512 MiB and a fifth of a processor, less than any machine has."""
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n")
    (tmp_path / "proc/self/mountinfo").write_text("1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n")
    (group / "memory.max").write_text(f"{512 * MIB}\n")
    (group / "memory.current").write_text(f"{300 * MIB}\n")
    (group / "memory.stat").write_text(f"anon 1\ninactive_file {100 * MIB}\n")
    (group / "cpu.max").write_text("20000 100000\n")
    (group / "cpu.stat").write_text("usage_usec 1000000\n")
    return tmp_path


def test_a_reading_of_this_machine(tmp_path: Path) -> None:
    meters = Meters()
    sum(range(200_000))
    found = meters.read(tmp_path / "not" / "there")

    assert found.cpu_percent is not None and 0 <= found.cpu_percent <= 100
    assert found.memory_used is not None and found.memory_total is not None
    assert 0 < found.memory_used < found.memory_total
    assert found.disk_free is not None and found.disk_total is not None
    assert 0 <= found.disk_free <= found.disk_total
    used = shutil.disk_usage(tmp_path).used
    assert abs(found.disk_total - found.disk_free - used) < 0.1 * used, "what is reserved is not used"
    assert bool(found.gpus) == bool(gpu.read().gpus)


def test_a_pod_shows_its_own_memory_and_limit(pod: Path) -> None:
    found = Meters(pod).read(Path("/"))

    assert found.memory_used == 200 * MIB
    assert found.memory_total == 512 * MIB


def test_a_pod_shows_how_much_of_its_own_share_it_uses(pod: Path) -> None:
    meters = Meters(pod)
    assert meters.read(Path("/")).cpu_percent == 0.0

    (pod / "sys/fs/cgroup/cpu.stat").write_text("usage_usec 3600000000\n")

    assert meters.read(Path("/")).cpu_percent == 100.0


@pytest.mark.parametrize(
    ("shown", "names"), [(None, "abc"), ("2,0", "ca"), ("GPU-b", "b")], ids=["all", "numbers", "UUID"]
)
def test_only_the_gpus_that_are_shown_are_read(monkeypatch: pytest.MonkeyPatch, shown: str | None, names: str) -> None:
    cards = [Card(name, f"GPU-{name}", 80 << 30) for name in "abc"]
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(cards))
    assert "".join(reading.name for reading in Meters(shown=shown).read(Path("/")).gpus) == names


def test_what_cannot_be_read_is_not_known() -> None:
    found = Meters(Path("/no/such/root")).read(Path("/"))

    assert found.memory_total is not None
