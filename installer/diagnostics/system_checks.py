"""What the doctor says of the system, memory, disk and network. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code
from installer.core.text.quantities import size
from installer.diagnostics.doctor_finding import DoctorFinding, blocker, ok, warning
from installer.knowledge.drivers import numbers
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.preflight.checks.target_disk import home_disk

_MIB = 1 << 20
_ARCHITECTURES = ("x86_64", "aarch64")
_TORCH_GLIBC = (2, 28)
"""PyTorch's wheels since 2.7 are manylinux_2_28."""
_MEMORY_MIB, _LEAST_MEMORY_MIB = 8 << 10, 4 << 10
"""An engine that served the smallest model on the CPU used 3.3 GB in three processes; loading takes as much again."""
_SHM_MIB = 1 << 10
"""Docker's default of 64 MiB is what NCCL and the engines' worker processes run out of."""
DISK_MIB, _LEAST_DISK_MIB = 20 << 10, 6 << 10
"""What the shipped GPU recipes require (docs/evidence/benchmarks.md: 9.5 GB unpacked, kept once more as downloads,
and the model); the smallest CPU stack is 3 to 6 GB."""
_PYTHON, _OLD_PYTHON = (3, 11), (3, 10)
"""The newest releases of the engines require 3.11; PyTorch since 2.9 requires 3.10."""


def system(facts: MachineFacts) -> Iterator[DoctorFinding]:
    """C library and architecture."""
    arch, glibc = facts.os.arch, facts.os.glibc
    evidence = (
        f"{' '.join(word for word in (facts.os.id, facts.os.version, arch) if word)}, glibc {glibc or 'unknown'}."
    )
    if arch and arch not in _ARCHITECTURES:
        yield blocker(
            Code.WHEEL_PLATFORM, "The engines have no wheels for this processor architecture.", evidence,
            f"Use a machine with one of {', '.join(_ARCHITECTURES)}.",
        )  # fmt: skip
    elif facts.os.id == "alpine" or (glibc and numbers(glibc) < _TORCH_GLIBC):
        yield blocker(
            Code.WHEEL_PLATFORM, "PyTorch has no wheels for this system's C library.", evidence,
            "Use an image with Debian 12, Ubuntu 22.04 or newer.",
        )  # fmt: skip
    elif row := next(
        (row for row in table("needs")["wheels"] if glibc and numbers(glibc) < numbers(row["glibc"])), None
    ):
        title = definitions.title_of(row["engine"])
        yield warning(
            Code.WHEEL_PLATFORM, f"{title} from {row['since']} on has no wheels for a C library this old.",
            evidence, f"Use an image with Debian 12, Ubuntu 22.04 or newer, or an older {title}.",
        )  # fmt: skip
    elif glibc:
        yield ok(Code.WHEEL_PLATFORM, "Wheels of current engines work on this system.", evidence)


def processor(facts: MachineFacts) -> Iterator[DoctorFinding]:
    features = facts.cpu.features
    if facts.os.arch == "x86_64" and features is not None and "avx2" not in features:
        yield warning(
            Code.WHEEL_PLATFORM, "The processor has no AVX2, which CPU builds of the engines need.",
            f"Instruction sets that matter: {', '.join(features) or 'none'}.", "Use a machine with a newer processor.",
        )  # fmt: skip


def memory(facts: MachineFacts) -> Iterator[DoctorFinding]:
    have = facts.memory_mib
    if have is None:
        return
    evidence = f"{size(have * _MIB)} can be used."
    if have < _LEAST_MEMORY_MIB:
        yield blocker(
            Code.MEMORY, "There is not enough memory for any model server.", evidence,
            f"Use a machine (or a container limit) with at least {size(_MEMORY_MIB * _MIB)}.",
        )  # fmt: skip
    elif have < _MEMORY_MIB:
        yield warning(
            Code.MEMORY, "There is little memory: only the smallest models will load.", evidence,
            f"Use a machine (or a container limit) with at least {size(_MEMORY_MIB * _MIB)}.",
        )  # fmt: skip
    else:
        yield ok(Code.MEMORY, "There is enough memory for a small model.", evidence)


def shared_memory(facts: MachineFacts) -> Iterator[DoctorFinding]:
    """Only several GPUs talk through it."""
    if facts.shm_mib is None or len(facts.gpus or ()) < 2:
        return
    evidence = f"/dev/shm has {size(facts.shm_mib * _MIB)}; {len(facts.gpus or ())} GPUs."
    if facts.shm_mib < _SHM_MIB:
        yield warning(
            Code.SHM, "Shared memory is too small for a model that is split over several GPUs.", evidence,
            "Start the container with `--shm-size 8g` or `--ipc=host`; from inside a pod it usually cannot be changed.",
        )  # fmt: skip
    else:
        yield ok(Code.SHM, "Shared memory is large enough.", evidence)


def disk(facts: MachineFacts) -> Iterator[DoctorFinding]:
    """The disk that the deployment goes to."""
    place = home_disk(facts)
    if place is None or place.free_mib is None:
        return
    evidence = f"{size(place.free_mib * _MIB)} free on {place.path} ({place.filesystem or 'unknown filesystem'})."
    if place.free_mib < _LEAST_DISK_MIB:
        yield blocker(
            Code.DISK, "There is not enough disk space for any engine.", evidence,
            "Free some space, or put the home on a larger disk with --home.",
        )  # fmt: skip
    elif place.free_mib < DISK_MIB:
        yield warning(
            Code.DISK, "There is little free disk space.",
            f"{evidence} A GPU engine, its downloads and a small model need {size(DISK_MIB * _MIB)}.",
            "Free some space, or put the home on a larger disk with --home.",
        )  # fmt: skip
    else:
        yield ok(Code.DISK, "There is room for an engine.", evidence)


def links(facts: MachineFacts) -> Iterator[DoctorFinding]:
    place = home_disk(facts)
    if place is not None and place.hardlinks is False:
        yield warning(
            Code.DISK, "Hard links are not possible there: every kept environment is a full, slow copy.",
            f"{place.path} ({place.filesystem or 'unknown filesystem'}).",
            "Put the home on a local disk with --home; keep only the models on the network volume.",
        )  # fmt: skip


def pythons(facts: MachineFacts) -> Iterator[DoctorFinding]:
    if facts.python is None:
        return
    newest = max(map(numbers, facts.python), default=(0,))
    evidence = f"Found: {', '.join(facts.python) or 'none'}."
    if newest < _OLD_PYTHON:
        yield warning(
            Code.PYTHON_VERSION, "No Python here supports an engine; one must be downloaded.", evidence,
            "Nothing, if uv can download Python; otherwise install Python 3.11 or 3.12.",
        )  # fmt: skip
    elif newest < _PYTHON:
        yield warning(
            Code.PYTHON_VERSION, f"The newest {definitions.titles()} need Python 3.11; it must be downloaded.",
            evidence,
            "Nothing, if uv can download Python; otherwise install Python 3.11 or 3.12.",
        )  # fmt: skip
    else:
        yield ok(Code.PYTHON_VERSION, "There is a Python for current engines.", evidence)


def ports(facts: MachineFacts) -> Iterator[DoctorFinding]:
    for engine in definitions.engines().values():
        if engine.port in (facts.ports_in_use or ()):
            yield warning(
                Code.PORT, f"Port {engine.port}, where {engine.title} listens by default, is taken.",
                f"Another program listens on port {engine.port}.",
                "Nothing, if that is your server; otherwise stop that program, or choose another port in the recipe.",
            )  # fmt: skip


def network(facts: MachineFacts) -> Iterator[DoctorFinding]:
    if facts.online is False:
        yield warning(
            Code.NETWORK, "Neither the package index nor the model hub can be reached.", "Nothing answered within 3 s.",
            "Set an index or a proxy that can be reached in pip's or uv's configuration, or use a folder of wheels.",
        )  # fmt: skip
    elif facts.online:
        yield ok(Code.NETWORK, "The package index or the model hub can be reached.")
