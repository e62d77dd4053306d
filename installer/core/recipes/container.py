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
    """Requirements (PEP 508) to install on top of the image; usually none, an engine's own image holds everything."""
    overrides: tuple[str, ...] = ()
    """Constraints for these packages, as `pip install --constraint` takes them."""
    user: str = "server"
    """The user that the server runs as; made in the image where it is not there. Never root unless named so."""
    folders: tuple[str, ...] = ()
    """Folders made inside the image that everybody may write, such as /tmp/flashinfer."""
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Variables inside the container."""
    gpus: bool = True
    """Whether the GPUs are handed in (`--gpus all`, which needs the NVIDIA Container Toolkit)."""
    shm_mib: int | None = None
    """Size of its /dev/shm; Docker's own is 64 MiB, too little for several GPUs."""
    host_ipc: bool = False
    """Whether it shares the machine's own /dev/shm and semaphores (`--ipc=host`), instead of `shm_mib` of its own."""
    ulimits: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Limits of its processes by their name, such as `memlock: -1` (-1: none); what is absent is Docker's own."""
    host_network: bool = False
    """Whether it shares the machine's network, as engines on several machines need; else only the port is published."""
