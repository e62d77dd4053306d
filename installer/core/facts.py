"""What is known about a machine, whether it was measured here or read from a machine file.

`None` always means "not known"; an empty tuple or a `False` means "looked for, not there". Field names and units
are those of the machine file (docs/machine-file.md), so that `doctor --json` and `--machine FILE` are inverses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Mapping


@dataclass(frozen=True, slots=True)
class OperatingSystem:
    id: str | None = None
    version: str | None = None
    glibc: str | None = None
    arch: str | None = None


@dataclass(frozen=True, slots=True)
class Container:
    runtime: str | None = None
    image: str | None = None
    cuda: str | None = None
    """The CUDA version that the image says it carries; a claim, not a measurement."""


@dataclass(frozen=True, slots=True)
class Driver:
    version: str | None = None
    cuda: str | None = None
    """The highest CUDA runtime that this driver serves."""
    error: str | None = None
    """Why the driver could not be asked, in its own words, where a GPU seems to be there; `None`: nothing went wrong."""


@dataclass(frozen=True, slots=True)
class Gpu:
    name: str
    compute_capability: str | None = None
    memory_mib: int | None = None


@dataclass(frozen=True, slots=True)
class Cpu:
    cores: int | None = None
    features: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Disk:
    path: str
    free_mib: int | None = None
    filesystem: str | None = None
    hardlinks: bool | None = None


def _empty() -> Mapping[str, str | None]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class MachineFacts:
    name: str = "this-machine"
    os: OperatingSystem = OperatingSystem()
    python: tuple[str, ...] | None = None
    """Interpreters found, the default first, as "major.minor"."""
    container: Container | None = None
    driver: Driver | None = None
    gpus: tuple[Gpu, ...] | None = None
    cpu: Cpu = Cpu()
    memory_mib: int | None = None
    shm_mib: int | None = None
    disks: tuple[Disk, ...] | None = None
    tools: Mapping[str, str | None] = field(default_factory=_empty)
    """Version by tool name; `None` where the tool was looked for and is not there."""
    packages: Mapping[str, str | None] = field(default_factory=_empty)
    ports_in_use: tuple[int, ...] | None = None
    online: bool | None = None
    here: bool = False
    """True where these facts were measured on the machine that we run on."""
