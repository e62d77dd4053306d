"""Which build of torch a stack contains: its CUDA, its C++ ABI and the GPUs that it has code for. Pure.

From its version, its address, its requirements and `installer/knowledge/torch.yaml`; empty if none of them says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from packaging.utils import canonicalize_name

from installer.core.plans.stack import Placed, Stack
from installer.knowledge import build_tags, packages, tables

CPU = "cpu"
_PIN = re.compile(r"\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(?:==|~=)\s*(\d+\.\d+)")


@dataclass(frozen=True, slots=True)
class Build:
    """One row: the builds of a minor release for one CUDA and one kind of processor."""

    torch: str
    """Minor release, such as "2.7"."""
    variant: str
    """Such as "cu128"."""
    arch: str
    elf: tuple[int, ...] | None
    """`None`: there is such a build, and what it has code for is not known."""
    ptx: tuple[int, ...]
    abi: str
    source: str

    @property
    def cuda(self) -> str:
        return build_tags.of_text(self.variant).cuda


@dataclass(frozen=True, slots=True)
class Torch:
    """The torch of a stack."""

    placed: Placed
    cuda: str
    """"12.8"; "cpu": it has none; empty: not known."""
    why: str
    """How its CUDA is known."""
    build: Build | None

    @property
    def minor(self) -> str:
        return build_tags.minor(self.placed.version)

    @property
    def abi(self) -> str:
        """ "cxx11" or "pre-cxx11"; empty if not known."""
        return self.build.abi if self.build else ""

    @property
    def name(self) -> str:
        """Such as "torch 2.9.1 (CUDA 12.8)"."""
        plain = f"torch {self.placed.version}"
        return plain if "+" in self.placed.version or not self.cuda else f"{plain} (CUDA {self.cuda})"


def of_stack(stack: Stack) -> Torch | None:
    placed = stack.packages.get("torch")
    if placed is None:
        return None
    cuda, why = _cuda(placed, stack)
    wanted = (build_tags.minor(placed.version), cuda, stack.platform.partition("-")[0])
    build = next((row for row in builds() if (row.torch, row.cuda, row.arch) == wanted), None)
    return Torch(placed, cuda, why, build)


@cache
def builds() -> tuple[Build, ...]:
    """Oldest first."""
    return tuple(
        Build(
            str(row["torch"]), row["variant"], row["arch"], tuple(row["sm"]) if "sm" in row else None,
            tuple(row.get("ptx") or ()), "cxx11" if row["cxx11_abi"] else "pre-cxx11", _source(row),
        )
        for row in _table()["builds"]
    )  # fmt: skip


def default_cuda(version: str) -> str:
    """The CUDA of PyPI's own build of a release; empty if no row says."""
    public = version.partition("+")[0]
    known = {row["torch"]: ".".join(str(row["cuda"]).split(".")[:2]) for row in _table()["releases"]}
    minors = {build_tags.minor(release): cuda for release, cuda in known.items()}
    return known.get(public) or minors.get(build_tags.minor(public), "")


def partner_of(package: str, version: str) -> str:
    """The minor release of torch that a torchvision or torchaudio goes with; empty if no row says."""
    wanted = build_tags.minor(version)
    for row in _table()["releases"] if package in packages.having("paired") else ():
        if package in row and build_tags.minor(str(row[package])) == wanted:
            return build_tags.minor(str(row["torch"]))
    return ""


def _cuda(placed: Placed, stack: Stack) -> tuple[str, str]:
    local = placed.version.partition("+")[2]
    if local.startswith("cpu") or "/whl/cpu" in placed.source or "/whl/cpu" in placed.url:
        return CPU, "its version" if local else "its index"
    versions = [
        (build_tags.of_local(placed.version).cuda, "its version"),
        (build_tags.of_address(placed).cuda, "its index"),
        (_required(placed.requires or ()), "its requirements"),
        (default_cuda(placed.version), "PyPI's build of that release"),
        (_required(f"{one.name}=={one.version}" for one in stack.packages.values()), "the CUDA packages next to it"),
    ]
    return next(((cuda, why) for cuda, why in versions if cuda), ("", ""))


def _required(requirements: Iterable[str]) -> str:
    for requirement in requirements:
        match = _PIN.match(requirement.replace("(", "").replace(")", ""))
        if match and canonicalize_name(match[1]) in _table()["cuda_packages"]:
            return match[2]
    return ""


def _source(row: Mapping[str, Any]) -> str:
    return str(_table()["sources"][row["source"]])


def _table() -> Mapping[str, Any]:
    return tables.table("torch")
