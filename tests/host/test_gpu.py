"""GPUs and their driver: what hints at them, what NVML says, and what is left where it says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from installer.core.machine.facts import Gpu, GpuLink, GpuProcess
from installer.host import gpu, gpu_links, text_files
from tests.stand_ins.nvml import Card, Nvml

SAMPLES = Path(__file__).parent.parent / "samples"
GIB = 1 << 30
HAS_DRIVER = gpu.hinted()


@pytest.mark.parametrize(
    ("machine", "version"), [("ubuntu-24.04-h200", "580.159.04"), ("closed-driver", "535.104.05"), ("debian-12", None)]
)
def test_the_kernel_says_its_driver(machine: str, version: str | None) -> None:
    text = text_files.read(SAMPLES / machine / "proc/driver/nvidia/version") or ""

    assert gpu.kernel_driver(text) == version


def test_a_machine_without_any_hint_has_no_gpu(tmp_path: Path) -> None:
    assert gpu.read({}, tmp_path) == gpu.Graphics(driver=None, gpus=())


@pytest.mark.parametrize("file", ["dev/nvidia0", "dev/nvidia7", "dev/dxg", "proc/driver/nvidia/version"])
def test_a_device_file_is_a_hint(tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).touch()

    assert gpu.hinted(tmp_path)


@pytest.mark.parametrize(
    ("vendor", "kind", "hint"),
    [("0x10de", "0x030200", True), ("0x10de", "0x040300", False), ("0x1af4", "0x030000", False)],
)
def test_a_gpu_on_the_bus_is_a_hint(tmp_path: Path, vendor: str, kind: str, hint: bool) -> None:
    device = tmp_path / "sys/bus/pci/devices/0000:00:06.0"
    device.mkdir(parents=True)
    (device / "vendor").write_text(f"{vendor}\n")
    (device / "class").write_text(f"{kind}\n")

    assert gpu.hinted(tmp_path) is hint


@pytest.mark.skipif(HAS_DRIVER, reason="a driver answers on this machine")
def test_a_gpu_that_cannot_be_asked_is_unknown_and_not_absent() -> None:
    found = gpu.read({}, SAMPLES / "closed-driver")

    assert found.gpus is None
    assert found.driver is not None
    assert found.driver.version == "535.104.05"
    assert found.driver.error == "NVML Shared Library Not Found"


@pytest.mark.skipif(not HAS_DRIVER, reason="no NVIDIA driver on this machine")
def test_the_gpus_of_this_machine() -> None:
    found = gpu.read({})

    assert found.driver is not None
    assert found.driver.error is None
    for card in found.gpus or ():
        assert card.compute_capability
        assert card.memory_mib


def test_a_whole_gpu() -> None:
    nvml = Nvml([Card("NVIDIA A40", "GPU-1", 46068 << 20, (8, 6))])

    assert gpu.device(nvml, 0) == gpu.Device(0, "GPU-1", (Gpu("NVIDIA A40", "8.6", 46068, 46068, ()),))


def test_of_a_split_gpu_only_its_instances_count() -> None:
    parts = [Card("NVIDIA A100 MIG 3g.20gb", "MIG-1", 20 * GIB), Card("NVIDIA A100 MIG 1g.5gb", "MIG-2", 5 * GIB)]
    nvml = Nvml([Card("NVIDIA A100-SXM4-40GB", "GPU-1", 40 * GIB, parts=parts)])

    assert gpu.device(nvml, 0).gpus == (
        Gpu("NVIDIA A100 MIG 3g.20gb", "8.0", 20480, 20480, ()),
        Gpu("NVIDIA A100 MIG 1g.5gb", "8.0", 5120, 5120, ()),
    )


def test_a_split_gpu_without_instances_cannot_be_used() -> None:
    assert gpu.device(Nvml([Card("NVIDIA A100", "GPU-1", 40 * GIB, parts=[])]), 0).gpus == ()


def test_what_may_not_be_asked_is_unknown() -> None:
    nvml = Nvml([Card("NVIDIA A100", "GPU-1", None, None, computing=None)])

    assert gpu.device(nvml, 0).gpus == (Gpu("NVIDIA A100", None, None),)


def test_who_holds_its_memory_is_told_the_largest_first_and_once() -> None:
    card = Card("NVIDIA H200", "GPU-1", 140 * GIB, free=4 * GIB, computing={9: GIB, 812: 135 * GIB}, drawing={9: GIB})
    nvml = Nvml([card], programs={812: "/opt/venv/bin/python3 -m sglang.launch_server"})

    (found,) = gpu.device(nvml, 0).gpus

    assert found.free_mib == 4 << 10
    assert found.processes == (GpuProcess(812, "python3", 135 << 10), GpuProcess(9, None, 1 << 10))


DEVICES = [gpu.Device(index, f"GPU-{index}aa", ()) for index in range(3)]


@pytest.mark.parametrize(
    ("variable", "shown"),
    [
        (None, [0, 1, 2]),
        ("", []),
        ("-1", []),
        ("1", [1]),
        ("2,0", [2, 0]),
        ("0,9,1", [0]),
        ("GPU-1", [1]),
        (" 1 , 2 ", [1, 2]),
    ],
)
def test_cuda_visible_devices_is_honoured(variable: str | None, shown: list[int]) -> None:
    assert [device.index for device in gpu.visible(DEVICES, variable)] == shown


def two(**given: Any) -> Nvml:
    return Nvml([Card("NVIDIA H200", f"GPU-{number}", 140 * GIB, **given) for number in range(2)])


@pytest.mark.parametrize(
    ("nvml", "link"),
    [
        (two(ancestor=10, linked=True), GpuLink((0, 1), "nvlink", True)),
        (two(ancestor=30), GpuLink((0, 1), "bridge", True)),
        (two(ancestor=50), GpuLink((0, 1), "system", False)),
        (two(), GpuLink((0, 1), None, None)),
    ],
)
def test_how_two_gpus_reach_each_other(nvml: Nvml, link: GpuLink) -> None:
    assert gpu_links.links(nvml, [0, 1], gpu._quiet) == (link,)


def test_the_node_that_a_gpu_hangs_on(tmp_path: Path) -> None:
    place = tmp_path / "sys/bus/pci/devices/0000:1b:00.0"
    place.mkdir(parents=True)
    (place / "numa_node").write_text("1\n")
    card = Card("NVIDIA A40", "GPU-1", 46068 << 20, bus="00000000:1B:00.0")

    assert gpu.device(Nvml([card]), 0, tmp_path).gpus[0].numa_node == 1
    assert gpu.device(Nvml([card]), 0, tmp_path / "elsewhere").gpus[0].numa_node is None
