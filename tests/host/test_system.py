"""Operating system, processor and memory, from the files of real machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.host import cgroups, system, text_files

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.mark.parametrize(
    ("machine", "id", "version"),
    [("debian-12", "debian", "12"), ("ubuntu-22.04", "ubuntu", "22.04"), ("ubuntu-24.04-h200", "ubuntu", "24.04")],
)
def test_the_distribution_is_read(machine: str, id: str, version: str) -> None:
    found = system.operating_system(SAMPLES / machine)

    assert (found.id, found.version) == (id, version)


def test_values_of_os_release_may_be_quoted_or_broken() -> None:
    text = '# comment\nID=\'alpine\'\nVERSION_ID=3.20\nNAME="Alpine \\"Linux\\""\nBROKEN="open\nno line at all\n'

    assert system.os_release(text) == {
        "ID": "alpine", "VERSION_ID": "3.20", "NAME": 'Alpine "Linux"', "BROKEN": "open",
    }  # fmt: skip


def test_without_os_release_the_distribution_is_unknown(tmp_path: Path) -> None:
    found = system.operating_system(tmp_path)

    assert found.id is None
    assert found.version is None


def test_features_of_a_processor_with_amx() -> None:
    text = text_files.read(SAMPLES / "ubuntu-24.04-h200/proc/cpuinfo") or ""

    found = system.cpu_features(text)

    assert found is not None
    assert {"avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16", "amx_int8"} <= set(found)
    assert "fpu" not in found
    assert "sve" not in found


def test_features_of_an_arm_processor() -> None:
    found = system.cpu_features(text_files.read(SAMPLES / "aarch64/proc/cpuinfo") or "")

    assert found == ("asimd", "asimddp", "i8mm", "bf16", "sve", "sve2")


def test_features_are_unknown_where_the_file_does_not_say() -> None:
    assert system.cpu_features("processor : 0\n") is None


def test_memory_is_the_limit_of_the_pod() -> None:
    root = SAMPLES / "cgroup-v2-pod"

    assert system.memory_mib(cgroups.limits(root), root) == 51200


def test_memory_is_that_of_the_machine_where_the_limit_is_none() -> None:
    root = SAMPLES / "cgroup-v1-free"

    assert system.memory_mib(cgroups.limits(root), root) == 24684096 // 1024


def test_what_is_free_is_what_pod_and_machine_both_leave(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 4096000 kB\nMemAvailable: 2048000 kB\n")
    assert system.memory_free_mib(cgroups.Limits(), tmp_path) == 2000
    group = cgroups.Group(2, tmp_path)
    (tmp_path / "memory.current").write_text(f"{900 << 20}\n")
    (tmp_path / "memory.stat").write_text(f"anon 1\ninactive_file {100 << 20}\n")
    pod = cgroups.Limits(memory_bytes=1000 << 20, memory_group=group)
    assert system.memory_free_mib(pod, tmp_path) == 200
    assert system.memory_free_mib(cgroups.Limits(), tmp_path / "nothing") is None


def test_memory_is_unknown_without_the_files(tmp_path: Path) -> None:
    assert system.memory_mib(cgroups.limits(tmp_path), tmp_path) is None


def test_cores_never_exceed_the_quota_and_never_fall_to_zero() -> None:
    assert system.cpu(cgroups.Limits(cpus=0.5)).cores == 1
    assert system.cpu(cgroups.Limits(cpus=1.9)).cores == 1
    unlimited = system.cpu(cgroups.Limits()).cores
    assert unlimited is not None
    assert system.cpu(cgroups.Limits(cpus=1e6)).cores == unlimited
