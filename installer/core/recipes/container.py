"""The `container` section of a recipe: the image that it serves from, and what that container is given. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Container:
    """Serves from a container image instead of an environment of ours; stages 2 to 6 are then part of the image."""

    image: str
    """The image to build on, with its tag."""
    python: str = "python3"
    """The interpreter inside the image."""
    packages: tuple[str, ...] = ()
    """Requirements (PEP 508) to install on top of the image; usually none, because an engine's own image contains
    everything."""
    overrides: tuple[str, ...] = ()
    """Constraints for these packages, as for `pip install --constraint`."""
    user: str = "server"
    """The user that the server runs as; created in the image if it does not exist. Root only if named here."""
    folders: tuple[str, ...] = ()
    """Folders created inside the image that everyone may write, such as /tmp/flashinfer."""
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Variables inside the container."""
    gpus: bool = True
    """Whether the container gets the GPUs (`--gpus all`, which needs the NVIDIA Container Toolkit)."""
    shm_mib: int | None = None
    """Size of its /dev/shm; Docker's own is 64 MiB, too little for several GPUs."""
    host_ipc: bool = False
    """Whether it shares the machine's own /dev/shm and semaphores (`--ipc=host`), instead of `shm_mib` of its own."""
    ulimits: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Limits of its processes by their name, such as `memlock: -1` (-1: none); the others are Docker's defaults."""
    host_network: bool = False
    """Whether it shares the machine's network, as engines on several machines need; else only the port is published."""
