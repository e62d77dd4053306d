"""Which of the programs that a deployment may need are here, and their versions.

Each is looked up on PATH and asked once; an answer that takes too long is "not known".
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from installer.core.secrets.inherited import inherited
from installer.host.background_call import BackgroundCall
from installer.host.container import toolkit_version
from installer.host.probe_cache import ProbeCache

TOOLS = ("git", "curl", "docker", "gcc", "g++", "cc", "ninja", "nvcc", "lscpu")
_PATIENCE_S = 3.0
_VERSION = re.compile(r"(\d+(?:\.\d+)+)")
_NVCC = re.compile(r"release (\d+\.\d+)")


def versions(remembered: ProbeCache, environment: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """Version by tool; `None`: not there, or it does not run. A tool that did not answer in time is left out."""
    paths = {name: find(name, environment) for name in TOOLS}
    # Several names are often one program (gcc, cc): it is asked once.
    programs = {os.path.realpath(path): (name, path) for name, path in paths.items() if path}
    asked = {
        real: BackgroundCall[str | None](partial(_version, name, path, remembered), "")
        for real, (name, path) in programs.items()
    }
    until = time.monotonic() + _PATIENCE_S
    answers = {real: question.answer(until) for real, question in asked.items()}
    known = {name: answers[os.path.realpath(path)] if path else None for name, path in paths.items()}
    return {name: version for name, version in known.items() if version != ""}


def find(name: str, environment: Mapping[str, str]) -> str | None:
    """Path of a program; nvcc is also looked for where CUDA toolkits are unpacked."""
    path = shutil.which(name, path=environment.get("PATH"))
    if path is None and name == "nvcc":
        roots = (environment.get("CUDA_HOME"), environment.get("CUDA_PATH"), "/usr/local/cuda")
        path = next((found for root in roots if root and (found := shutil.which(f"{root}/bin/nvcc"))), None)
    return path


def _version(name: str, path: str, remembered: ProbeCache) -> str | None:
    program = Path(os.path.realpath(path))
    if name == "nvcc" and (known := toolkit_version(program.parent.parent)):
        return known
    return remembered.ask(program, lambda: _version_in(name, ask([path, "--version"])))


def _version_in(name: str, text: str | None) -> str | None:
    match = (_NVCC if name == "nvcc" else _VERSION).search(text or "")
    return match[1] if match else None


def ask(command: Sequence[str], timeout_s: float = 2 * _PATIENCE_S) -> str | None:
    """What a program prints; `None` if it fails or takes longer than `timeout_s`."""
    try:
        done = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=timeout_s, check=False, cwd="/", env=inherited(os.environ, "system"),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
