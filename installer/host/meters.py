"""Reads the meters of this machine, cheaply enough for once a second. Never raises: what cannot be read is not known.

In a container its own use and its own limits are shown, not those of the whole host.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from installer.core.machine.meters import GpuReading, Reading
from installer.host import cgroups, gpu
from installer.host.storage import nearest

T = TypeVar("T")
_LOOPBACK = "lo"
_NVML_RETRY_S = 30.0
"""How long to leave NVML alone after it could not be started."""


class Meters:
    """Keeps what is needed between two readings. Not for two threads at once."""

    def __init__(self, root: Path = Path("/"), shown: str | None = None) -> None:
        """`shown`: only these GPUs, as CUDA_VISIBLE_DEVICES names them; `None`: all."""
        self._shown = shown
        self._limits = cgroups.limits(root)
        self._cpu_meter = cgroups.cpu_meter(self._limits, root)
        self._cpu_before: tuple[float, float] | None = None
        self._network_before: tuple[float, int, int] | None = None
        self._handles: list[tuple[Any, str]] = []
        self._nvml_after = 0.0
        self.read(Path("/"))

    def read(self, home: Path) -> Reading:
        """The meters now; `home` says which disk."""
        used, total = _quiet(self._memory) or (None, None)
        free, size = _quiet(lambda: _disk(home)) or (None, None)
        received, sent = _quiet(self._network) or (None, None)
        return Reading(
            cpu_percent=_quiet(self._cpu),
            memory_used=used,
            memory_total=total,
            disk_free=free,
            disk_total=size,
            received=received,
            sent=sent,
            gpus=_quiet(self._gpus) or (),
        )

    def _network(self) -> tuple[float, float] | None:
        """Bytes a second since the last reading, in and out."""
        import psutil

        counted = [each for name, each in psutil.net_io_counters(pernic=True).items() if name != _LOOPBACK]
        now = (time.monotonic(), sum(each.bytes_recv for each in counted), sum(each.bytes_sent for each in counted))
        before, self._network_before = self._network_before, now
        if before is None or now[0] <= before[0]:
            return None
        received, sent = (max(0, now[at] - before[at]) / (now[0] - before[0]) for at in (1, 2))
        return received, sent

    def _cpu(self) -> float | None:
        """Since the last reading."""
        usable = float(len(os.sched_getaffinity(0)))
        group, limit = self._cpu_meter, self._limits.cpus
        if group is None or limit is None or limit >= usable:
            import psutil

            first, self._cpu_before = self._cpu_before is None, (0.0, 0.0)
            percent = float(psutil.cpu_percent(None))
            return None if first else percent
        seconds, now = group.cpu_seconds(), time.monotonic()
        before, self._cpu_before = self._cpu_before, None if seconds is None else (seconds, now)
        if before is None or seconds is None or now <= before[1]:
            return None
        return min(100.0, max(0.0, 100 * (seconds - before[0]) / (now - before[1]) / limit))

    def _memory(self) -> tuple[int | None, int | None]:
        import psutil

        machine = psutil.virtual_memory()
        group, limit = self._limits.memory_group, self._limits.memory_bytes
        if group is None or limit is None or limit >= machine.total:
            return int(machine.total - machine.available), int(machine.total)
        return group.memory_used(), limit

    def _gpus(self) -> tuple[GpuReading, ...]:
        import pynvml

        if not self._handles and time.monotonic() >= self._nvml_after:
            self._start(pynvml)
        readings = tuple(_gpu(pynvml, handle, name) for handle, name in self._handles)
        if readings and all(reading.memory_total is None for reading in readings):
            # The driver went away (an update, a lost GPU): start again after a while.
            self._handles, self._nvml_after = [], time.monotonic() + _NVML_RETRY_S
        return readings

    def _start(self, nvml: Any) -> None:
        self._nvml_after = time.monotonic() + _NVML_RETRY_S
        nvml.nvmlInit()
        devices = [gpu.device(nvml, index) for index in range(nvml.nvmlDeviceGetCount())] if self._shown else []
        numbers = [one.index for one in gpu.visible(devices, self._shown)] or range(nvml.nvmlDeviceGetCount())
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in numbers]
        self._handles = [(handle, nvml.nvmlDeviceGetName(handle)) for handle in handles]


def _gpu(nvml: Any, handle: Any, name: str) -> GpuReading:
    rates = _quiet(lambda: nvml.nvmlDeviceGetUtilizationRates(handle))
    # Version 2 of the structure leaves out what the driver keeps for itself; old drivers do not have it.
    memory = _quiet(lambda: nvml.nvmlDeviceGetMemoryInfo(handle, version=nvml.nvmlMemory_v2))
    memory = memory or _quiet(lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
    power = _quiet(lambda: nvml.nvmlDeviceGetPowerUsage(handle))
    return GpuReading(
        name=name,
        percent=float(rates.gpu) if rates else None,
        memory_used=int(memory.used) if memory else None,
        memory_total=int(memory.total) if memory else None,
        temperature_c=_quiet(lambda: int(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))),
        power_w=None if power is None else power / 1000,
    )


def _disk(home: Path) -> tuple[int, int]:
    """What is free, and all that may be used: what a file system reserves is neither used nor free."""
    numbers = os.statvfs(nearest(home))
    used = numbers.f_blocks - numbers.f_bfree
    return numbers.f_bavail * numbers.f_frsize, (used + numbers.f_bavail) * numbers.f_frsize


def _quiet(ask: Callable[[], T]) -> T | None:
    """The answer, or `None`: drivers, permissions and vanishing files fail in too many ways to list."""
    with contextlib.suppress(Exception):
        return ask()
    return None
