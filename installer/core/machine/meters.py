"""What a machine's meters show at one moment. Sizes are in bytes; `None` means "not known"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GpuReading:
    name: str
    percent: float | None = None
    """How busy it is, 0 to 100."""
    memory_used: int | None = None
    """Without what the driver keeps for itself, as nvidia-smi shows it."""
    memory_total: int | None = None
    temperature_c: int | None = None
    power_w: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    cpu_percent: float | None = None
    """Of the processors that we may use, 0 to 100; not known at the first reading."""
    memory_used: int | None = None
    memory_total: int | None = None
    """What we may use: a container's limit where there is one."""
    disk_free: int | None = None
    """Where the home is."""
    disk_total: int | None = None
    """What is used and what is free, without what the file system reserves."""
    received: float | None = None
    """Bytes a second over the network since the reading before, without what stays on this machine."""
    sent: float | None = None
    gpus: tuple[GpuReading, ...] = ()
