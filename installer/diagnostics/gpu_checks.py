"""What the doctor says of GPUs, their driver, and what compiles for them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.machine.links import connected
from installer.core.outcomes import Code
from installer.diagnostics.doctor_finding import DoctorFinding, blocker, ok, warning
from installer.knowledge import drivers
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.preflight.checks import gpu_users

_FREE = 0.9
_UPDATE = "Update the driver on the host, or use a machine with a newer one; inside a container it cannot be changed."


def gpus(facts: MachineFacts) -> Iterator[DoctorFinding]:
    """Whether there is one that can be used."""
    error = facts.driver.error if facts.driver else None
    if error:
        known = drivers.trouble(error)
        yield blocker(
            Code.DRIVER_CUDA, "The GPU cannot be used: its driver does not answer.",
            f"NVML says: {error}.{f' {known.cause}' if known else ''}",
            known.fix if known else "Run `nvidia-smi`, and repair the driver first.",
        )  # fmt: skip
    elif facts.gpus:
        yield ok(
            Code.GPU_ARCH, f"{len(facts.gpus)} NVIDIA GPU{'s' if len(facts.gpus) > 1 else ''}.", listed(facts.gpus)
        )
        yield from _unequal(facts.gpus)
        yield from _held(facts.gpus)
    elif facts.gpus is not None and facts.driver:
        yield warning(
            Code.GPU_ARCH, "The driver runs, but no GPU is shown to programs.",
            f"NVIDIA driver {facts.driver.version or 'unknown'}, no GPU.",
            "Check CUDA_VISIBLE_DEVICES, and if MIG is on, create an instance (`nvidia-smi mig -cgi`).",
        )  # fmt: skip
    elif facts.gpus is not None:
        yield ok(Code.GPU_ARCH, "No NVIDIA GPU: recipes for the CPU can be used.")


def _held(found: tuple[Gpu, ...]) -> Iterator[DoctorFinding]:
    held = [gpu for gpu in found if gpu.free_mib is not None and gpu.free_mib < _FREE * (gpu.memory_mib or 0)]
    if held and all(gpu.processes and all(one.server is not None for one in gpu.processes) for gpu in held):
        yield ok(Code.GPU_HELD, "Only servers of this home use the GPU's memory.", gpu_users.usage(held))
    elif held:
        yield warning(
            Code.GPU_HELD, "Other programs use some of the GPU's memory; it is not available to an engine.",
            gpu_users.usage(held),
            gpu_users.way_out(held, found, 0.9 * max(gpu.memory_mib or 0 for gpu in held)),
        )  # fmt: skip


def _unequal(found: tuple[Gpu, ...]) -> Iterator[DoctorFinding]:
    if len({(gpu.compute_capability, gpu.memory_mib) for gpu in found}) > 1:
        yield warning(
            Code.GPU_ARCH, "The GPUs are not identical; a model split over them is limited by the smallest.",
            listed(found), "Choose identical ones with CUDA_VISIBLE_DEVICES.",
        )  # fmt: skip
    if any(" MIG " in gpu.name for gpu in found):
        yield warning(
            Code.GPU_ARCH, "The GPU is split into MIG instances; a server can use one of them.",
            listed(found), "Choose a model that fits one instance, or switch MIG off on the host.",
        )  # fmt: skip


def links(facts: MachineFacts) -> Iterator[DoctorFinding]:
    """How several GPUs reach each other."""
    found = [link for link in facts.gpu_links or () if link.via or link.p2p is not None]
    if not found:
        return
    evidence = " ".join(f"GPU {' and '.join(map(str, link.gpus))}: {connected(link)}." for link in found)
    if any(link.p2p is False for link in found):
        yield warning(
            Code.GPU_LINKS, "Some GPUs cannot read each other's memory; their traffic goes through main memory.",
            evidence,
            "Split a model over GPUs that can (CUDA_VISIBLE_DEVICES), or by pipeline instead of tensor parallel.",
        )  # fmt: skip
    else:
        yield ok(Code.GPU_LINKS, "The GPUs reach each other directly.", evidence)


def driver(facts: MachineFacts) -> Iterator[DoctorFinding]:
    """Which builds of CUDA it runs."""
    version = facts.driver.version if facts.driver else None
    if version is None:
        return
    runs = drivers.served(version)
    in_use = [row for row in drivers.families() if row.in_use]
    evidence = f"NVIDIA driver {version}{f', CUDA {facts.driver.cuda}' if facts.driver and facts.driver.cuda else ''}"
    if not runs:
        yield blocker(
            Code.DRIVER_CUDA, "The driver is too old for all current PyTorch builds.",
            f"{evidence}; CUDA {in_use[0].cuda} needs {in_use[0].driver}.", _UPDATE,
        )  # fmt: skip
    elif runs[0] != in_use[-1]:
        yield warning(
            Code.DRIVER_CUDA, f"The driver runs builds for CUDA {runs[0].cuda} and older only.",
            f"{evidence}; CUDA {in_use[-1].cuda}, PyTorch's default since 2.11, needs {in_use[-1].driver}.",
            f"Use a recipe with a build for CUDA {runs[0].cuda}, or update the driver on the host.",
        )  # fmt: skip
    else:
        yield ok(Code.DRIVER_CUDA, f"The driver runs builds for CUDA {runs[0].cuda} and older.", f"{evidence}.")


def generations(facts: MachineFacts) -> Iterator[DoctorFinding]:
    """Whether driver, GPU and today's CUDA still (or already) know each other."""
    version = facts.driver.version if facts.driver else None
    for capability in sorted({gpu.compute_capability for gpu in facts.gpus or () if gpu.compute_capability}):
        known = drivers.architecture(capability)
        if known is None:
            yield blocker(
                Code.GPU_ARCH, "The GPU is too old: no current build supports it.",
                f"Compute capability {capability}.", "Use a machine with a newer GPU.",
            )  # fmt: skip
        elif known.driver and version and drivers.numbers(version) < drivers.numbers(known.driver):
            yield blocker(
                Code.DRIVER_CUDA, f"The driver does not know {known.name} GPUs.",
                f"Compute capability {capability} needs driver {known.driver}; this is {version}.", _UPDATE,
            )  # fmt: skip
        elif known.last_cuda:
            yield warning(
                Code.GPU_ARCH, f"CUDA {known.last_cuda} is the last that builds for {known.name} GPUs.",
                f"Compute capability {capability}.", f"Use a recipe with a build for CUDA {known.last_cuda}.",
            )  # fmt: skip


def image(facts: MachineFacts) -> Iterator[DoctorFinding]:
    """Whether the image's CUDA toolkit is newer than the driver."""
    cuda = (facts.container.cuda if facts.container else None) or facts.tools.get("nvcc")
    version = facts.driver.version if facts.driver else None
    if not cuda or not version:
        return
    serves = facts.driver.cuda if facts.driver and facts.driver.cuda else drivers.highest_cuda(version) or "none"
    evidence = f"The toolkit here is CUDA {cuda}; driver {version} supports CUDA {serves}."
    match drivers.compatibility(version, cuda):
        case drivers.TOO_OLD:
            yield warning(
                Code.DRIVER_CUDA, "Code compiled by this CUDA toolkit does not run on this driver.",
                evidence, f"Use an image with CUDA {serves} or older, or a host with a newer driver.",
            )  # fmt: skip
        case drivers.LIMITED:
            yield warning(
                Code.DRIVER_CUDA, "The CUDA toolkit is newer than the driver: code it compiles may fail.",
                evidence, f"Use an image with CUDA {serves} or older, or a host with a newer driver.",
            )  # fmt: skip


def compilers(facts: MachineFacts) -> Iterator[DoctorFinding]:
    """Some engines compile kernels at their first request, and every one a launcher for them."""
    if not facts.gpus:
        return
    known = facts.tools
    if all(known.get(name, "unknown") is None for name in ("gcc", "cc")):
        yield warning(
            Code.SYSTEM_LIBRARY, "A C compiler is missing; kernels that are compiled at the first start need it.",
            "Neither gcc nor cc is on PATH.", "Install one: `apt-get install build-essential`.",
        )  # fmt: skip
    if known.get("nvcc", "unknown") is None:
        yield warning(
            Code.SYSTEM_LIBRARY, f"nvcc is missing, which {_compiling()} needs to compile kernels when it starts.",
            "nvcc is neither on PATH nor in /usr/local/cuda.",
            "Nothing, if the recipe's packages contain a complete CUDA toolkit; otherwise use a `-devel` image.",
        )  # fmt: skip


def _compiling() -> str:
    names = dict.fromkeys(row["engine"] for row in table("needs")["engines"] if "program" in row)
    return " or ".join(map(definitions.title_of, names))


def listed(found: tuple[Gpu, ...]) -> str:
    """The GPUs in words, equal ones counted."""
    words = [
        f"{gpu.name}, {gpu.memory_mib or 'unknown'} MiB, compute capability {gpu.compute_capability or 'unknown'}"
        for gpu in found
    ]
    return "; ".join(f"{words.count(word)} × {word}" for word in dict.fromkeys(words)) + "."
