"""The GPUs and their driver, asked from NVML; where that fails, read off the kernel's files.

Never raises, and never takes a GPU that cannot be queried for a machine without one: that is "not known", with NVML's
own words as the reason.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from installer.core.machine.facts import Driver, Gpu, GpuLink, GpuProcess
from installer.core.text.numbers import is_whole
from installer.host import gpu_links, text_files

_MIB = 1 << 20
_NVIDIA = "0x10de"


@dataclass(frozen=True, slots=True)
class Graphics:
    driver: Driver | None = None
    gpus: tuple[Gpu, ...] | None = None
    links: tuple[GpuLink, ...] | None = None
    """Of GPUs that are not split; `None` if there are no two."""


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU as NVML lists it."""

    index: int
    uuid: str
    gpus: tuple[Gpu, ...]
    """The GPU itself, or its MIG instances where it is split."""


def read(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Graphics:
    """What is here. `gpus` is empty if nothing hints at an NVIDIA GPU, and `None` if it cannot be asked."""
    version = kernel_driver(text_files.read(root / "proc/driver/nvidia/version") or "")
    if not hinted(root):
        return Graphics(gpus=())
    try:
        return _from_nvml(environment, version, root)
    except Exception as error:
        # NVML's errors are made by its binding at run time, and a broken driver can fail in other ways as well.
        return Graphics(driver=Driver(version=version, error=_words(error)), gpus=None)


def hinted(root: Path = Path("/")) -> bool:
    """Whether anything on this machine says that there is an NVIDIA GPU (or WSL's way to one)."""
    files = ("dev/nvidia0", "dev/nvidiactl", "proc/driver/nvidia/version", "dev/dxg", "dev/nvhost-gpu")
    if any(text_files.exists(root / file) for file in files) or any((root / "dev").glob("nvidia[0-9]*")):
        return True
    return any(_is_gpu(device) for device in (root / "sys/bus/pci/devices").glob("*"))


def _is_gpu(device: Path) -> bool:
    """Display controllers have PCI class 03; a GPU that is off the bus already does not get here."""
    vendor = (text_files.read(device / "vendor", 16) or "").strip()
    return vendor == _NVIDIA and (text_files.read(device / "class", 16) or "").startswith("0x03")


def kernel_driver(text: str) -> str | None:
    """The version in /proc/driver/nvidia/version."""
    match = re.search(r"Kernel Module(?:\s+for\s+\S+)?\s+(\d+(?:\.\d+)+)", text)
    return match[1] if match else None


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _from_nvml(environment: Mapping[str, str], version: str | None, root: Path) -> Graphics:
    import pynvml

    pynvml.nvmlInit()
    try:
        driver = Driver(version=_quiet(pynvml.nvmlSystemGetDriverVersion) or version, cuda=_cuda(pynvml))
        devices = [device(pynvml, index, root) for index in range(pynvml.nvmlDeviceGetCount())]
        shown = visible(devices, environment.get("CUDA_VISIBLE_DEVICES"))
        links = gpu_links.links(pynvml, [device.index for device in shown], _quiet) if len(shown) > 1 else None
    finally:
        pynvml.nvmlShutdown()
    return Graphics(driver, tuple(gpu for device in shown for gpu in _numbered(device, shown)), links)


def _numbered(device: Device, shown: Sequence[Device]) -> Iterator[Gpu]:
    """Its GPUs, with its own number where that is not its place among those that are shown."""
    plain = all(len(one.gpus) == 1 for one in shown) and shown[device.index : device.index + 1] == [device]
    number = None if plain else device.index
    yield from (replace(gpu, number=number) for gpu in device.gpus)


def visible(devices: Sequence[Device], variable: str | None) -> list[Device]:
    """The devices that CUDA would show: all, or those that CUDA_VISIBLE_DEVICES names (up to the first wrong one)."""
    if variable is None:
        return list(devices)
    found: list[Device] = []
    for name in (part.strip() for part in variable.split(",")):
        match = next((d for d in devices if name == str(d.index) or (name and d.uuid.startswith(name))), None)
        if match is None:
            break
        found.append(match)
    return found


def _cuda(nvml: Any) -> str | None:
    number = _quiet(nvml.nvmlSystemGetCudaDriverVersion_v2)
    return f"{number // 1000}.{number % 1000 // 10}" if number else None


def device(nvml: Any, index: int, root: Path = Path("/")) -> Device:
    """One GPU by its number, `nvml` being NVML's binding; its NUMA node is below `root`."""
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    capability = _quiet(nvml.nvmlDeviceGetCudaComputeCapability, handle)
    compute = f"{capability[0]}.{capability[1]}" if capability else None
    split = _quiet(nvml.nvmlDeviceGetMigMode, handle)
    parts = list(_instances(nvml, handle)) if split and split[0] == nvml.NVML_DEVICE_MIG_ENABLE else [handle]
    uuid = _quiet(nvml.nvmlDeviceGetUUID, handle) or ""
    return Device(index, uuid, tuple(_gpu(nvml, part, compute, root) for part in parts))


def _instances(nvml: Any, handle: Any) -> Iterator[Any]:
    """The MIG instances of a GPU that is split; it cannot be used as a whole then."""
    for number in range(_quiet(nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        instance = _quiet(nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, number)
        if instance is not None:
            yield instance


def _gpu(nvml: Any, handle: Any, compute: str | None, root: Path) -> Gpu:
    memory = _quiet(nvml.nvmlDeviceGetMemoryInfo, handle)
    return Gpu(
        name=_quiet(nvml.nvmlDeviceGetName, handle) or "NVIDIA GPU",
        compute_capability=compute,
        memory_mib=None if memory is None else int(memory.total) // _MIB,
        free_mib=None if memory is None else int(memory.free) // _MIB,
        processes=_processes(nvml, handle),
        numa_node=_numa_node(_quiet(nvml.nvmlDeviceGetPciInfo, handle), root),
    )


def _numa_node(pci: Any, root: Path) -> int | None:
    """Of the processor that the GPU hangs on; the kernel says -1 where there is one node only."""
    if pci is None:
        return None
    domain, place = str(pci.busId).lower().split(":", 1)
    text = (text_files.read(root / f"sys/bus/pci/devices/{domain[-4:]}:{place}/numa_node", 16) or "").strip()
    return int(text) if is_whole(text) else None


def _processes(nvml: Any, handle: Any) -> tuple[GpuProcess, ...] | None:
    """Those that compute or draw on it, the largest first; `None` if that cannot be asked."""
    asked = [_quiet(nvml.nvmlDeviceGetComputeRunningProcesses, handle)]
    asked.append(_quiet(nvml.nvmlDeviceGetGraphicsRunningProcesses, handle))
    if all(found is None for found in asked):
        return None
    # One that does both is listed twice.
    found = {process.pid: process for some in asked for process in some or ()}
    held = [
        GpuProcess(pid, _program(nvml, pid), process.usedGpuMemory and int(process.usedGpuMemory) // _MIB)
        for pid, process in found.items()
    ]
    return tuple(sorted(held, key=lambda process: -(process.memory_mib or 0)))


def _program(nvml: Any, pid: int) -> str | None:
    name = _quiet(nvml.nvmlSystemGetProcessName, pid)
    return PurePath(str(name).split(" ", 1)[0]).name[:80] or None if name else None


def _quiet(ask: Any, *arguments: Any) -> Any:
    """The answer of one NVML question; `None` if this GPU, driver or permission does not give it."""
    import pynvml

    try:
        return ask(*arguments)
    except pynvml.NVMLError:
        return None
