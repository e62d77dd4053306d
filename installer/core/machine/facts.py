"""What is known about a machine, whether it was measured here or read from a machine file.

`None` always means "not known"; an empty tuple or a `False` means "looked for, not there". Field names and units
are those of the machine file (docs/machine-file.md), so that `doctor --json` and `--machine FILE` are inverses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Mapping


@dataclass(frozen=True, slots=True)
class OperatingSystem:
    id: str | None = None
    """As /etc/os-release says, such as `ubuntu`."""
    version: str | None = None
    """As /etc/os-release says, such as "22.04"."""
    glibc: str | None = None
    """Version of the C library, such as "2.35"."""
    arch: str | None = None
    """As `uname -m` says, such as `x86_64`."""


@dataclass(frozen=True, slots=True)
class Container:
    runtime: str | None = None
    """What runs this container, such as `docker`."""
    image: str | None = None
    """The image, if it is known."""
    cuda: str | None = None
    """The CUDA version that the image claims to contain; it is not measured."""


@dataclass(frozen=True, slots=True)
class Driver:
    version: str | None = None
    """Version of the NVIDIA driver, such as "580.65.06"."""
    cuda: str | None = None
    """The highest CUDA runtime that this driver supports."""
    error: str | None = None
    """The driver's error, if there seems to be a GPU that does not respond."""


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A program that uses some of a GPU's memory."""

    pid: int
    """As the driver counts; in a container it may be the host's number."""
    name: str | None = None
    """Its name, if the driver reports it."""
    memory_mib: int | None = None
    """The memory that it uses."""
    server: str | None = None
    """The server of this home that it belongs to, by its name; empty: the one without a name."""


@dataclass(frozen=True, slots=True)
class Gpu:
    name: str
    """As `nvidia-smi` shows it."""
    compute_capability: str | None = None
    """Such as "8.6"."""
    memory_mib: int | None = None
    """All of its memory, as `nvidia-smi` shows it."""
    free_mib: int | None = None
    """Its free memory when it was read."""
    processes: tuple[GpuProcess, ...] | None = None
    """The programs that use the rest, as far as they are visible here; those of other containers are not."""
    numa_node: int | None = None
    """The NUMA node of the processor that it is connected to."""
    number: int | None = None
    """Its number in `nvidia-smi`, if this program sees only some of the GPUs; otherwise its place in the list."""

    @property
    def kind(self) -> tuple[str, str | None, int | None]:
        """What of it stays the same from one moment to the next."""
        return self.name, self.compute_capability, self.memory_mib


def numbered(gpus: Sequence[Gpu]) -> list[tuple[int, Gpu]]:
    """Each GPU with its number as `nvidia-smi` counts, which is how `server.gpus` and CUDA_VISIBLE_DEVICES name it."""
    return [(place if gpu.number is None else gpu.number, gpu) for place, gpu in enumerate(gpus)]


@dataclass(frozen=True, slots=True)
class GpuLink:
    """How two GPUs reach each other."""

    gpus: tuple[int, ...] = ()
    """Their two numbers, as `nvidia-smi` counts."""
    via: str | None = None
    """`nvlink`, or the part of the PCIe tree that they share: `board`, `switch`, `switches`, `bridge`, `node` (of
    NUMA) or
    `system` (across processors)."""
    p2p: bool | None = None
    """Whether one reads the other's memory directly; without it, their traffic goes through main memory."""


@dataclass(frozen=True, slots=True)
class Cpu:
    cores: int | None = None
    """Cores that may be used here."""
    features: tuple[str, ...] | None = None
    """Instruction sets that matter, as /proc/cpuinfo names them, such as `avx2`."""


@dataclass(frozen=True, slots=True)
class Disk:
    path: str
    """Where it is mounted."""
    free_mib: int | None = None
    """Free space that is visible to this account."""
    filesystem: str | None = None
    """Such as `ext4`, `overlay` or `fuse`."""
    hardlinks: bool | None = None
    """Whether it has hard links; without them every generation is a copy."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far measured figures of earlier starts on this machine were from the calculated ones."""

    engine: str
    """Its name, in lowercase letters."""
    release: str
    """Its version, such as "0.33.0"."""
    gpu: str
    """The GPU's name as `nvidia-smi` shows it; `CPU` if none was used."""
    family: str
    """`model_type` of the model's config.json, such as `qwen2`."""
    starts: int
    """How many starts were measured."""
    kv_permille: int
    """Tokens of key-value cache that the engine reported, in thousandths of the calculated ones."""


def _empty() -> Mapping[str, str | None]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class MachineFacts:
    name: str = "this-machine"
    """What messages call the machine."""
    os: OperatingSystem = OperatingSystem()
    python: tuple[str, ...] | None = None
    """Interpreters found, the default first, as "major.minor"."""
    container: Container | None = None
    """The container, if this is one."""
    driver: Driver | None = None
    gpus: tuple[Gpu, ...] | None = None
    """NVIDIA GPUs; an empty list: none."""
    gpu_links: tuple[GpuLink, ...] | None = None
    """How each pair of them is connected."""
    cpu: Cpu = Cpu()
    memory_mib: int | None = None
    """Main memory that may be used here."""
    memory_free_mib: int | None = None
    """Main memory that was free for another program when it was read; what the server to be replaced uses is free."""
    shm_mib: int | None = None
    """Size of /dev/shm."""
    disks: tuple[Disk, ...] | None = None
    """The first is where a deployment goes, unless there is a /workspace."""
    tools: Mapping[str, str | None] = field(default_factory=_empty)
    """Version by tool name; null if the tool is not installed."""
    packages: Mapping[str, str | None] = field(default_factory=_empty)
    """Version by name of the relevant Python packages of the image's own interpreter."""
    ports_in_use: tuple[int, ...] | None = None
    """Ports that something listens on."""
    online: bool | None = None
    """Whether anything outside can be reached."""
    calibrations: tuple[Calibration, ...] | None = None
    """What earlier starts on this machine measured, compared with what was calculated; a plan uses it."""
    other_gpus: tuple[Gpu, ...] = ()
    """GPUs of the machine that are kept out of `gpus`, because the server is not shown them; each with its number."""
    memory_servers: tuple[str, ...] = ()
    """Other servers of this home that use or reserve main memory, by their names; empty: the one without a name."""
    here: bool = False
    """True if these facts were measured on the machine that we run on."""
