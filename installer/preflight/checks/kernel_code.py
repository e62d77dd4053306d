"""For which GPUs a kernel package has code, from its wheel or from shipped knowledge. Pure but for the lookups.

A file that was read in part contains what was seen; whether it contains more is unknown, and never assumed to be a no.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from installer.core.plans.stack import Binary, Lookups, Placed
from installer.knowledge import cuda_code, extensions, kernels


@dataclass(frozen=True, slots=True)
class Coded:
    """What the files of a package contain that are alternatives to each other."""

    binaries: tuple[Binary, ...]
    source: str
    shipped: bool = False
    """Whether this is a row of shipped knowledge, which was made with more time."""

    def runs(self, capability: int) -> str:
        return cuda_code.runs_any(capability, self.binaries)

    def certain(self, capability: int) -> bool:
        """Whether a no is certain: all was read, or the GPU is older than all that a part was built for."""
        complete = self.shipped or all(binary.complete for binary in self.binaries)
        oldest = min(number for binary in self.binaries for number in (*binary.elf, *binary.ptx))
        return complete or capability < oldest

    @property
    def words(self) -> str:
        one = self.binaries[0]
        elf = sorted({number for binary in self.binaries for number in binary.elf})
        ptx = sorted({number for binary in self.binaries for number in binary.ptx})
        code = ", ".join(f"{cuda_code.shown(n)}{' only' if n in one.specific else ''}" for n in elf)
        return f"{one.member or 'Its extension'} has machine code for {code} and " + (
            f"PTX for {cuda_code.listed(ptx)}" if ptx else "no PTX"
        )


def coded(package: Placed, platform: str, lookups: Lookups) -> Coded | None:
    """`None` if nothing is known of its code for GPUs.

    A row is about PyPI's wheel for x86-64; for another build of that release it says what that build probably contains.
    """
    row = kernels.row(package.name, package.version)
    if row and kernels.is_known(package) and platform.startswith("x86_64"):
        return Coded(row.binaries, row.source, shipped=True)
    wheel = lookups.wheel(package)
    found = tuple(binary for binary in (wheel.binaries if wheel else ()) if binary.elf or binary.ptx)
    if wheel and found:
        return Coded(found, wheel.source)
    if row and row.binaries:
        return Coded(tuple(replace(one, complete=False) for one in row.binaries), row.source)
    return None


def other_releases(package: str, capability: int) -> Sequence[kernels.Kernel]:
    """The releases of a package, under whatever name, that are known to have machine code for a GPU; oldest first."""
    names = next((family.packages for family in extensions.same_module() if package in family.packages), (package,))
    return [
        row
        for row in kernels.rows()
        if row.package in names and cuda_code.runs_any(capability, row.binaries) == cuda_code.ELF
    ]
