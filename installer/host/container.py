"""Whether we run in a container, and what its image says about itself. Hints only; nothing here is a measurement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from installer.core.machine.facts import Container
from installer.host import text_files

_RUNTIMES = {"kubepods": "kubernetes", "libpod": "podman", "docker": "docker", "containerd": "containerd", "lxc": "lxc"}
"""Runtime by a word in the names of its control groups."""


def container(environment: Mapping[str, str], root: Path = Path("/")) -> Container | None:
    """`None` where nothing hints at a container."""
    found = _by_files(environment, root) or _by_groups(root) or _by_provider(environment)
    if found is None:
        return None
    return Container(runtime=found, image=None, cuda=image_cuda(environment, root))


def image_cuda(environment: Mapping[str, str], root: Path = Path("/")) -> str | None:
    """The CUDA version ("12.4") that the image claims to carry."""
    version = environment.get("CUDA_VERSION") or toolkit_version(root / "usr/local/cuda") or ""
    match = re.match(r"\d+\.\d+", version)
    return match[0] if match else None


def toolkit_version(toolkit: Path) -> str | None:
    """The version ("12.4") that an unpacked CUDA toolkit says it has."""
    version = re.search(
        r'"cuda"\s*:\s*\{[^}]*"version"\s*:\s*"(\d+\.\d+)', text_files.read(toolkit / "version.json") or ""
    )
    if version:
        return version[1]
    defined = re.search(r"^#define CUDA_VERSION (\d+)", text_files.read(toolkit / "include/cuda.h") or "", re.MULTILINE)
    return f"{int(defined[1]) // 1000}.{int(defined[1]) % 1000 // 10}" if defined else None


def _by_files(environment: Mapping[str, str], root: Path) -> str | None:
    if text_files.exists(root / "run/.containerenv"):
        return "podman"
    if "KUBERNETES_SERVICE_HOST" in environment or text_files.exists(root / "var/run/secrets/kubernetes.io"):
        return "kubernetes"
    if text_files.exists(root / ".dockerenv"):
        return "docker"
    # Written by systemd and by the runtimes that follow its container interface.
    return (text_files.read(root / "run/systemd/container", 64) or "").strip() or environment.get("container") or None


def _by_groups(root: Path) -> str | None:
    text = text_files.read(root / "proc/1/cgroup") or ""
    return next((runtime for word, runtime in _RUNTIMES.items() if word in text), None)


def _by_provider(environment: Mapping[str, str]) -> str | None:
    if "RUNPOD_POD_ID" in environment:
        return "runpod"
    return "vast" if "VAST_CONTAINERLABEL" in environment else None
