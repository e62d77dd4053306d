"""Which torch each release of a kernel package goes with, by the pins of the engine releases that use it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from installer.core.stack import Binary, EngineFacts
from installer.foresight.pylock import normal

if TYPE_CHECKING:
    from packaging.requirements import Requirement

PACKAGES = ("sgl-kernel", "sglang-kernel")


@dataclass(slots=True)
class Uses:
    """The engine releases that use one release of a kernel package."""

    torch: set[str] = field(default_factory=set)
    engine: str = ""
    """The newest of them, such as "sglang 0.5.7"."""


def uses(facts: Iterable[EngineFacts]) -> dict[tuple[str, str], Uses]:
    """By package and version; `facts`: oldest release first. An engine that brings its own kernels is its own row."""
    found: dict[tuple[str, str], Uses] = {}
    for one in facts:
        for package, version, torch in _pairs(one):
            row = found.setdefault((package, version), Uses())
            row.torch.add(torch)
            row.engine = f"{one.engine} {one.version}"
    return found


def row(package: str, version: str, use: Uses | None, binary: Binary | None, checked: str) -> dict[str, Any]:
    """One row of kernels.yaml; what is empty is left out."""
    from packaging.version import Version

    told: dict[str, Any] = {
        "package": package,
        "version": version,
        "torch": sorted(use.torch, key=Version) if use else [],
        "from": use.engine if use else "",
        **({**_shown(binary)} if binary else {}),
    }
    kept = {key: value for key, value in told.items() if value not in ("", [], ())}
    return {**kept, "source": "pins" if use and not binary else "wheel" if binary and not use else "both",
            "checked": checked}  # fmt: skip


def _shown(binary: Binary) -> Mapping[str, Any]:
    told = asdict(binary)
    listed = {key: list(value) for key, value in told.items() if isinstance(value, tuple)}
    cuda = next((name.rpartition(".")[2] for name in binary.libraries if name.startswith("libcudart.so.")), "")
    complete = {} if binary.complete else {"complete": False}
    return {"cuda": cuda, "member": binary.member, **listed, "torch_abi": binary.torch_abi, **complete}


def _pairs(facts: EngineFacts) -> Iterator[tuple[str, str, str]]:
    """Package, version and torch of every kernel package that a release pins together with a torch."""
    pinned = [(one, pin) for one in _requirements(facts) if (pin := _pin(one))]
    torches = [(str(one.marker or ""), pin) for one, pin in pinned if normal(one.name) == "torch"]
    if facts.engine == "vllm" and torches:
        yield "vllm", facts.version, torches[0][1]
    for one, pin in pinned:
        if normal(one.name) not in PACKAGES:
            continue
        beside = [torch for marker, torch in torches if marker == str(one.marker or "")]
        for torch in beside or ([torches[0][1]] if len(torches) == 1 else []):
            yield normal(one.name), pin, torch


def _requirements(facts: EngineFacts) -> Iterator[Requirement]:
    from packaging.requirements import InvalidRequirement, Requirement

    for line in facts.requires:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            continue


def _pin(requirement: Requirement) -> str:
    pins = [one.version for one in requirement.specifier if one.operator == "==" and "*" not in one.version]
    return pins[0] if pins else ""
