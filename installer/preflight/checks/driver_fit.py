"""Whether a machine's driver serves the CUDA that torch was built with, and knows the GPU. Pure.

A driver that serves it with limits is no clash by itself: a GPU for which torch has PTX only is refused in `gpu.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.text.quantities import lowered
from installer.knowledge import cuda_code, drivers, gpus
from installer.knowledge.torch_builds import CPU, Torch
from installer.preflight.checks import package_finding

_finding = partial(package_finding.package, Code.DRIVER_CUDA)
_RENT = "Update the driver on the host (not inside a container), or rent a host with at least driver {}"


def findings(torch: Torch | None, facts: MachineFacts) -> Iterator[Finding]:
    """The driver against the CUDA of torch, and against the GPU."""
    if torch is None or torch.cuda == CPU:
        return
    version = facts.driver.version if facts.driver else None
    served = facts.driver.cuda if facts.driver else None
    if version:
        yield from _of_gpus(torch, facts, version)
    if not torch.cuda:
        yield _finding(
            torch.placed, Severity.PROBE, f"Which CUDA {torch.name} was built with is not known.",
            "No row of shipped knowledge names that release.",
            "Run `python -c 'import torch; print(torch.version.cuda)'` with that build.",
            "installer/knowledge/torch.yaml",
        )  # fmt: skip
    elif version:
        yield from _of_version(torch, version)
    elif served:
        yield from _of_served(torch, served)
    else:
        yield _finding(
            torch.placed, Severity.PROBE, "The version of the NVIDIA driver is not known.",
            f"{torch.name} was built with CUDA {torch.cuda}.",
            "Run `nvidia-smi` on that machine, or name `driver` in the machine file.", "machine facts",
        )  # fmt: skip


def _of_version(torch: Torch, version: str) -> Iterator[Finding]:
    family = drivers.family_of(torch.cuda)
    toolkit = next((row for row in drivers.toolkits() if row.cuda == torch.cuda), None)
    least = family.driver if family else ""
    has = f"torch {torch.placed.version} was built with CUDA {torch.cuda} ({torch.why}); the driver is {version}"
    match drivers.compatibility(version, torch.cuda):
        case drivers.TOO_OLD:
            yield _finding(
                torch.placed, Severity.BLOCKER,
                f"The driver {version} does not support CUDA {torch.cuda}: torch will find no GPU at start-up.",
                f"{has}, and CUDA {torch.cuda.partition('.')[0]} needs at least {least}.",
                f"{_RENT.format(least)}{_older(version)}.", family.source if family else "",
            )  # fmt: skip
        case drivers.LIMITED if toolkit:
            yield _finding(
                torch.placed, Severity.INFO,
                f"The driver {version} supports CUDA {torch.cuda} with limits: kernels that it would have to compile "
                "itself (PTX) fail.",
                f"{has}; CUDA {torch.cuda} came with {toolkit.driver}.",
                "torch's own kernels need no change; to be safe, "
                f"{lowered(_RENT.format(toolkit.driver))}.",
                toolkit.source,
            )  # fmt: skip
        case drivers.UNKNOWN:
            yield _finding(
                torch.placed, Severity.PROBE, f"Whether the driver {version} supports CUDA {torch.cuda} is not known.",
                f"{has}.", "Run `python -c 'import torch; torch.zeros(1).cuda()'` on that machine.",
                "installer/knowledge/drivers.yaml",
            )  # fmt: skip


def _of_served(torch: Torch, served: str) -> Iterator[Finding]:
    """Where only the highest CUDA is known that the driver serves."""
    built = f"torch {torch.placed.version} was built with CUDA {torch.cuda} ({torch.why})"
    has = f"{built}; the driver supports CUDA up to {served}"
    if drivers.numbers(torch.cuda)[:1] > drivers.numbers(served)[:1]:
        family = drivers.family_of(torch.cuda)
        yield _finding(
            torch.placed, Severity.BLOCKER,
            f"The driver supports CUDA {served} at most: torch will find no GPU at start-up.",
            f"{has}.", f"{_RENT.format(family.driver if family else 'for CUDA ' + torch.cuda)}.", "machine facts",
        )  # fmt: skip
    elif drivers.numbers(torch.cuda) > drivers.numbers(served):
        yield _finding(
            torch.placed, Severity.INFO,
            f"The driver supports CUDA {torch.cuda} with limits: kernels that it would have to compile itself (PTX) "
            "fail.",
            f"{has}.", f"Update the driver on the host to one for CUDA {torch.cuda}, to be safe.", "machine facts",
        )  # fmt: skip


def _of_gpus(torch: Torch, facts: MachineFacts, version: str) -> Iterator[Finding]:
    """A driver from before the GPU."""
    for gpu in facts.gpus or ():
        capability = gpus.capability(gpu)
        row = drivers.architecture(cuda_code.shown(capability)) if capability else None
        if row and row.driver and drivers.numbers(version) < drivers.numbers(row.driver):
            yield _finding(
                torch.placed, Severity.BLOCKER, f"The driver {version} is older than {gpu.name} and does not know it.",
                f"{row.name} GPUs need at least driver {row.driver}; the driver is {version}.",
                f"{_RENT.format(row.driver)}.", row.source,
            )  # fmt: skip
            return


def _older(version: str) -> str:
    """What this driver does serve, as the other way out."""
    highest = drivers.highest_cuda(version)
    return f"; this one supports builds of torch for CUDA {highest} and older" if highest else ""
