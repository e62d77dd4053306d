"""What a compiled package was made for, in the order of what is surest: torch, CUDA, C++ ABI. Pure but for the lookups.

Its metadata is asked last: for kernel wheels it mostly says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from installer.core.plans.stack import Binary, Lookups, Placed, Stack, WheelFacts
from installer.knowledge import build_tags, extensions, kernels, packages, torch_builds
from installer.knowledge.engines import definitions
from installer.packages.pylock import requirement_name
from installer.packages.wheels import binaries

_PINNED = re.compile(r"^\s*[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?\s*\(?==\s*([^\s;,)]+)\)?\s*(?:;.*)?$")
_OF_TORCH = re.compile(r"lib(?:torch|c10)(?:_\w+)?\.so")


@dataclass(frozen=True, slots=True)
class BuiltFor:
    """What one source says. Empty: nothing."""

    torch: tuple[str, ...] = ()
    """Minor releases of torch that it fits."""
    cuda: str = ""
    """Major release of CUDA."""
    abi: str = ""
    why: str = ""
    source: str = ""
    any_torch: bool = False
    """Whether it uses torch's stable ABI only, and so loads next to newer releases as well."""


def built_for(package: Placed, stack: Stack, lookups: Lookups) -> Iterator[BuiltFor]:
    """What each source says of `package`; nothing for one that has no compiled code for torch."""
    yield from _tags(package)
    if partner := torch_builds.partner_of(package.name, package.version):
        yield from _partner(package, partner)
        return
    if not _may_be_compiled(package):
        return
    row = kernels.row(package.name, package.version)
    shipped = row if kernels.is_known(package) else None
    wheel = None if shipped else lookups.wheel(package)
    found = shipped.binaries if shipped else wheel.binaries if wheel else ()
    source = shipped.source if shipped else wheel.source if wheel else ""
    if any(one.torch_abi == "stable" for one in found):
        yield BuiltFor(any_torch=True, source=source)
    elif not pinned_together(package, stack, lookups):
        yield from _of_torch(package, wheel)
    yield from _of_binaries(found, source)


def pinned_together(package: Placed, stack: Stack, lookups: Lookups) -> bool:
    """Whether an engine in the stack itself pins this very release next to the torch that is there."""
    torch = stack.packages.get("torch")
    engine = definitions.engine_package(stack)
    if torch is None or engine is None:
        return False
    requires: Sequence[str] = engine.requires or ()
    if not requires and (facts := lookups.engine(engine.name, engine.version)):
        requires = facts.requires
    pins = {requirement_name(line): pin for line in requires if (pin := pinned(line))}
    return _same(pins.get(package.name), package.version) and (
        build_tags.minor(pins.get("torch", "")) == build_tags.minor(torch.version)
    )


def pinned(requirement: str) -> str | None:
    """ "2.9.1" of "torch==2.9.1"; `None` if it is not pinned."""
    match = _PINNED.match(requirement)
    return match.group(1) if match else None


def _may_be_compiled(package: Placed) -> bool:
    """Whether reading its wheel may be worth it: a listed one, or one for a platform that requires torch."""
    if package.name in packages.having("no_extension") or packages.is_cuda_library(package.name):
        return False
    if package.name in extensions.members() or package.name in kernels.packages():
        return True
    pure = not package.url or package.url.partition("#")[0].endswith("-any.whl")
    return not pure and any(requirement_name(line) == "torch" for line in package.requires or ())


def _tags(package: Placed) -> Iterator[BuiltFor]:
    if package.name == "torch":
        return
    local, address = build_tags.of_local(package.version), build_tags.of_address(package)
    if local.torch or local.abi or (local.cuda and _has_code(package)):
        yield BuiltFor(
            (local.torch,) if local.torch else (), local.cuda.partition(".")[0], local.abi,
            f"its version {package.version} says so", "the version of the wheel",
        )  # fmt: skip
    if address.torch or (address.cuda and _has_code(package)):
        yield BuiltFor(
            (address.torch,) if address.torch else (), address.cuda.partition(".")[0], address.abi,
            f"it comes from {_place(package)}", "the address of the index",
        )  # fmt: skip


def _has_code(package: Placed) -> bool:
    return (
        _may_be_compiled(package)
        or package.name in packages.having("gpu_code")
        or bool(torch_builds.partner_of(package.name, package.version))
    )


def _place(package: Placed) -> str:
    return package.source if "://" in package.source else package.url.rpartition("/")[0]


def _partner(package: Placed, partner: str) -> Iterator[BuiltFor]:
    """torchvision and torchaudio: each release goes with one of torch, their builds on PyPI with its build there."""
    if not extensions.uses_stable_abi(package.name, package.version):
        why = f"{package.name} {build_tags.minor(package.version)} is released for torch {partner}"
        yield BuiltFor((partner,), why=why, source="installer/knowledge/torch.yaml")
    if "+" not in package.version and not build_tags.of_address(package).cuda:
        cuda = torch_builds.default_cuda(partner).partition(".")[0]
        yield BuiltFor((), cuda, why=f"PyPI's build of it is for CUDA {cuda}", source="installer/knowledge/torch.yaml")


def _of_torch(package: Placed, wheel: WheelFacts | None) -> Iterator[BuiltFor]:
    if built := kernels.built_for(package.name, package.version):
        yield BuiltFor(built.torch, why=built.why, source=built.source)
        return
    requires = (wheel.requires if wheel else package.requires) or ()
    pin = next((pin for line in requires if requirement_name(line) == "torch" and (pin := pinned(line))), None)
    if pin:
        yield BuiltFor((build_tags.minor(pin),), why=f"it requires torch=={pin}", source="METADATA of the wheel")


def _of_binaries(found: Sequence[Binary], source: str) -> Iterator[BuiltFor]:
    read = [one for one in found if _uses_torch(one)]
    cuda = binaries.cuda_of(read)
    if cuda:
        member, library = next(
            (one.member, name) for one in read for name in one.libraries if binaries.cuda_of_library(name)
        )
        yield BuiltFor((), cuda, why=f"{member} requires {library}", source=source)
    abi = next((one for one in read if one.torch_abi in ("cxx11", "pre-cxx11")), None)
    if abi:
        yield BuiltFor(
            (), "", abi.torch_abi, f"the symbols of torch that {abi.member} requires are of that kind", source
        )


def is_of_torch(library: str) -> bool:
    return _OF_TORCH.fullmatch(library) is not None


def _uses_torch(binary: Binary) -> bool:
    return bool(binary.torch_abi) or any(map(is_of_torch, binary.libraries))


def _same(one: str | None, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return one is not None and Version(one.partition("+")[0]) == Version(other.partition("+")[0])
    except InvalidVersion:
        return False
