"""The operating system, the processor and the memory that we may really use. Reads files, starts nothing."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from installer.core.machine.facts import Cpu, OperatingSystem
from installer.host import text_files
from installer.host.cgroups import Limits

_MIB = 1 << 20
_FIRST_PROCESSOR = 16 << 10
"""Enough of /proc/cpuinfo for one processor; the whole file is slow to read on a machine with hundreds of them."""
FEATURES = (
    "sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni",
    "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8", "amx_fp16",
    "asimd", "asimddp", "i8mm", "bf16", "sve", "sve2",
)  # fmt: skip
"""What CPU builds of inference engines look for, under the names of /proc/cpuinfo."""


def operating_system(root: Path = Path("/")) -> OperatingSystem:
    """Distribution, C library and machine architecture."""
    words = os_release(text_files.read(root / "etc/os-release") or text_files.read(root / "usr/lib/os-release") or "")
    return OperatingSystem(
        id=words.get("ID") or None,
        version=words.get("VERSION_ID") or None,
        glibc=glibc(),
        arch=os.uname().machine,
    )


def os_release(text: str) -> dict[str, str]:
    """The variables of os-release(5)."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name.isidentifier():
            found[name] = _unquoted(value)
    return found


def _unquoted(value: str) -> str:
    try:
        return "".join(shlex.split(value))
    except ValueError:
        return value.strip("\"'")


def glibc() -> str | None:
    """Version of the GNU C library that we run on; `None` on another C library."""
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (ValueError, OSError):
        return None
    return version or None if name == "glibc" else None


def cpu(limits: Limits, root: Path = Path("/")) -> Cpu:
    """Processors that we may run on, and the instruction sets that matter."""
    usable = len(os.sched_getaffinity(0))
    if limits.cpus is not None:
        usable = max(1, min(usable, int(limits.cpus)))
    return Cpu(cores=usable, features=cpu_features(text_files.read(root / "proc/cpuinfo", _FIRST_PROCESSOR) or ""))


def cpu_features(text: str) -> tuple[str, ...] | None:
    """Which of `FEATURES` the first processor has, in that order; `None` if the file does not say."""
    match = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    if match is None:
        return None
    has = set(match[1].split())
    return tuple(name for name in FEATURES if name in has)


def memory_mib(limits: Limits, root: Path = Path("/")) -> int | None:
    """Memory of the machine, or of our control group where that is less."""
    total = memory_total(text_files.read(root / "proc/meminfo") or "")
    known = [value for value in (total, limits.memory_bytes) if value is not None]
    return min(known) // _MIB if known else None


def memory_free_mib(limits: Limits, root: Path = Path("/")) -> int | None:
    """What another program would find: what the kernel calls available, or less where our control group allows less."""
    available = _of_memory("MemAvailable", text_files.read(root / "proc/meminfo") or "")
    used = limits.memory_group.memory_used() if limits.memory_group else None
    allowed = None if used is None or limits.memory_bytes is None else max(0, limits.memory_bytes - used)
    known = [value for value in (available, allowed) if value is not None]
    return min(known) // _MIB if known else None


def memory_total(text: str) -> int | None:
    """Bytes of `MemTotal` in /proc/meminfo."""
    return _of_memory("MemTotal", text)


def _of_memory(name: str, text: str) -> int | None:
    match = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) * 1024 if match else None
