"""Whether compiled GPU code runs on a GPU: NVIDIA's rule of binary compatibility (CUDA C++ Programming Guide). Pure.

Machine code for (M, m) runs on every (M, n) with n >= m; code for one architecture only (sm_90a) runs on that one; PTX
for X is compiled by the driver for anything from X on. Comparing for equality would give false alarms.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from installer.core.plans.stack import Binary
from installer.core.text.numbers import is_whole

ELF = "machine code"
PTX = "PTX"


def number(capability: str) -> int | None:
    """86 of "8.6"."""
    major, _, minor = capability.partition(".")
    return int(major) * 10 + int(minor) if is_whole(major) and is_whole(minor) else None


def shown(architecture: int) -> str:
    """ "8.6" of 86."""
    return f"{architecture // 10}.{architecture % 10}"


def listed(architectures: Iterable[int]) -> str:
    return " ".join(map(shown, sorted(set(architectures))))


def runs(capability: int, elf: Collection[int], ptx: Collection[int], specific: Collection[int] = ()) -> str:
    """How code runs on a GPU: as machine code, from PTX, or ("") not at all."""
    for architecture in elf:
        exact = architecture == capability
        compatible = architecture // 10 == capability // 10 and architecture <= capability
        if exact or (compatible and architecture not in specific):
            return ELF
    return PTX if any(architecture <= capability for architecture in ptx) else ""


def runs_any(capability: int, binaries: Iterable[Binary]) -> str:
    """The best of several files that are alternatives."""
    ways = {runs(capability, binary.elf, binary.ptx, binary.specific) for binary in binaries}
    return ELF if ELF in ways else PTX if PTX in ways else ""
