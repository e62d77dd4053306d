"""What this machine says about the reasons that a log shows: for them, against them, or what else there is to know.

Pure over what was measured. A log may be of another machine, so this is requested (`--here`) and never assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from installer.core.machine.facts import MachineFacts
from installer.core.text.quantities import size
from installer.diagnostics.explain import Explanation
from installer.diagnostics.wording import Candidate
from installer.preflight.checks import gpu_users

_MIB = 1 << 20
_SHM_SMALL, _SHM_ENOUGH = 1 << 10, 8 << 10
_DISK_FULL, _DISK_FREE = 1 << 10, 20 << 10
_FOR, _AGAINST = 0.95, 0.5
_WANTED = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
"""Instruction sets that builds of the engines for CPUs use."""
_LACKING = ("avx2", "avx512f")
_PORT = re.compile(r"(?:port |, |:)(?P<port>\d{2,5})\b")


@dataclass(frozen=True, slots=True)
class LocalMeasurements:
    """What was measured on this machine."""

    facts: MachineFacts
    kernel: tuple[str, ...] = ()
    """What the kernel said of ended programs and failed GPUs."""
    kills: Mapping[str, int] | None = None
    """How often it ended one for want of memory, by where that is counted."""


@dataclass(frozen=True, slots=True)
class LocalEvidence:
    """One thing that this machine says."""

    symptom: str
    """Of which candidate; empty if of none."""
    speaks: bool | None
    """For it, against it, or neither."""
    text: str


_Check = Callable[[Candidate, LocalMeasurements], "tuple[bool | None, str] | None"]


def with_evidence(explained: Explanation, here: LocalMeasurements) -> tuple[Explanation, tuple[LocalEvidence, ...]]:
    """The candidates in the light of this machine, and what it says."""
    sayings = tuple(_messages(explained, here))
    weighed = sorted(
        (_weighed(one, sayings) for one in explained.candidates), key=lambda one: (-one.confidence, one.line)
    )
    return replace(explained, candidates=tuple(weighed)), sayings


def _weighed(candidate: Candidate, sayings: Sequence[LocalEvidence]) -> Candidate:
    says = next((saying.speaks for saying in sayings if saying.symptom == candidate.id), None)
    if says is None:
        return candidate
    confidence = max(candidate.confidence, _FOR) if says else candidate.confidence * _AGAINST
    return replace(candidate, confidence=round(confidence, 2))


def _messages(explained: Explanation, here: LocalMeasurements) -> Iterator[LocalEvidence]:
    for candidate in explained.candidates:
        check = _CHECKS.get(candidate.id)
        if check and (evidence := check(candidate, here)):
            yield LocalEvidence(candidate.id, *evidence)
    root = explained.root
    if root and root.package and (version := here.facts.packages.get(canonicalize_name(root.package))):
        yield LocalEvidence("", None, f"{root.package} {version} is installed here.")
    for line in here.kernel[-3:]:
        yield LocalEvidence("", None, f"The kernel logged: {line}")


def _instructions(_: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
    features = here.facts.cpu.features
    if features is None:
        return None
    lacks = [name for name in _WANTED if name not in features]
    if not lacks:
        return False, f"This CPU has {', '.join(_WANTED)}."
    return (True if set(lacks) & set(_LACKING) else None), f"This CPU lacks {', '.join(lacks)}."


def _shared(_: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
    have = here.facts.shm_mib
    if have is None:
        return None
    speaks = True if have < _SHM_SMALL else False if have >= _SHM_ENOUGH else None
    return speaks, f"/dev/shm has {size(have * _MIB)} here."


def _disk(_: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
    disks = [disk for disk in here.facts.disks or () if disk.free_mib is not None]
    if not disks:
        return None
    least = min(disks, key=lambda disk: disk.free_mib or 0)
    free = least.free_mib or 0
    speaks = True if free < _DISK_FULL else False if free > _DISK_FREE else None
    return speaks, f"{size(free * _MIB)} are free on {least.path} now."


def _driver(_: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
    driver = here.facts.driver
    if driver is None or not driver.version:
        return (None, "There is no NVIDIA driver here.") if here.facts.gpus == () else None
    return None, f"The driver here is {driver.version}, which supports CUDA {driver.cuda or 'of an unknown version'}."


def _no_gpu(_: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
    if here.facts.gpus is None:
        return None
    if not here.facts.gpus:
        return True, "No NVIDIA GPU is visible here."
    return False, f"{len(here.facts.gpus)} GPUs are visible here."


def _count(_: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
    return None if here.facts.gpus is None else (None, f"{len(here.facts.gpus)} GPUs are visible here.")


def _held(_: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
    gpus = [gpu for gpu in here.facts.gpus or () if gpu.free_mib is not None]
    held = [gpu for gpu in gpus if (gpu.free_mib or 0) < 0.9 * (gpu.memory_mib or 0)]
    if held:
        return True, gpu_users.usage(held)
    return (False, "No process uses the GPU's memory now.") if gpus else None


def _memory(_: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
    killed = [f"{count} {place}" for place, count in (here.kills or {}).items() if count]
    have = here.facts.memory_mib
    memory = f" {size(have * _MIB)} can be used here." if have else ""
    if killed:
        return True, f"Since boot, the kernel killed for lack of memory: {', '.join(killed)}.{memory}"
    return (False, f"The kernel has killed no process for lack of memory since boot.{memory}") if here.kills else None


def _tool(name: str) -> _Check:
    def check(_: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
        if name not in here.facts.tools:
            return None
        version = here.facts.tools[name]
        return (False, f"{name} {version} is here.") if version else (True, f"There is no {name} here.")

    return check


def _port(candidate: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
    match = _PORT.search(candidate.evidence)
    if match is None or here.facts.ports_in_use is None:
        return None
    if int(match["port"]) in here.facts.ports_in_use:
        return True, f"A program listens on port {match['port']} now."
    return None, f"No program listens on port {match['port']} now."


def _online(_: Candidate, here: LocalMeasurements) -> tuple[bool | None, str] | None:
    if here.facts.online is None:
        return None
    if here.facts.online:
        return None, "The package index or the model hub can be reached from here now."
    return True, "Neither the package index nor the model hub can be reached from here."


_CHECKS: Mapping[str, _Check] = {
    "illegal-instruction": _instructions,
    **dict.fromkeys(("shm-full", "nccl-shm"), _shared),
    **dict.fromkeys(("disk-full", "space-somewhere"), _disk),
    **dict.fromkeys(("drv-old", "ptx-driver", "drv-gate", "cuda-803", "cuda-unknown"), _driver),
    **dict.fromkeys(("no-gpu", "no-device", "libcuda-run", "docker-gpu"), _no_gpu),
    "gpu-count": _count,
    **dict.fromkeys(("gpu-busy", "oom"), _held),
    **dict.fromkeys(("killed", "oom-kernel", "exit-137", "compiler-killed"), _memory),
    "no-nvcc": _tool("nvcc"),
    "no-cc": _tool("gcc"),
    "port-taken": _port,
    **dict.fromkeys(("hf-net", "dns", "net-timeout"), _online),
}
"""What to look at here, by the symptom that it decides."""
