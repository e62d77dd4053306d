"""Compiled code that was built for another torch, another CUDA or another C++ ABI than what ends up installed.

Its own metadata mostly does not say so: it loads, or does not, when the server starts. What is unknown is a `probe`;
a release in the combination that its engine itself pins is never questioned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Lookups, Placed, Stack
from installer.knowledge import build_tags, extensions, kernels, packages, torch_builds
from installer.knowledge.torch_builds import CPU, Torch
from installer.knowledge.versions import fits
from installer.preflight.checks.build_target import BuiltFor, built_for, pinned_together

_CODE = Code.ABI_MISMATCH


def check(stack: Stack, facts: MachineFacts, lookups: Lookups) -> Iterator[Finding]:
    """Every package that does not fit the torch, the CUDA or the other packages of the stack."""
    yield from _versions(stack)
    yield from _modules(stack)
    torch = torch_builds.of_stack(stack)
    if torch is None:
        return
    for package in stack.packages.values():
        yield from _floor(package, torch)
        yield from _package(package, torch, stack, lookups, facts)


def _package(package: Placed, torch: Torch, stack: Stack, lookups: Lookups, facts: MachineFacts) -> Iterator[Finding]:
    """The first clash of a package, for one is enough."""
    known = False
    for target in built_for(package, stack, lookups):
        known = known or bool(target.torch) or target.any_torch
        clash = _clash(target, torch)
        if clash:
            yield _finding(package, torch, target, clash, extensions.caught(package.name, stack, facts))
            return
    if not known and package.name in kernels.packages() and not pinned_together(package, stack, lookups):
        yield _open(package, torch)


def _clash(target: BuiltFor, torch: Torch) -> str:
    """What does not fit, in words; empty if all does, or nothing is known."""
    if target.torch and torch.minor not in target.torch:
        return f"torch {' or '.join(target.torch)}"
    if target.cuda and torch.cuda == CPU:
        return f"CUDA {target.cuda}"
    if target.cuda and torch.cuda and target.cuda != torch.cuda.partition(".")[0]:
        return f"CUDA {target.cuda}"
    if target.abi and torch.abi and target.abi != torch.abi:
        return "torch's new C++ ABI (cxx11)" if target.abi == "cxx11" else "torch's old C++ ABI (before cxx11)"
    return ""


def _finding(package: Placed, torch: Torch, target: BuiltFor, clash: str, caught: str) -> Finding:
    """`caught`: why the server starts all the same; empty if it does not."""
    name = f"{package.name} {package.version}"
    ends = f"the server runs without it ({caught})" if caught else "the server fails when it imports it"
    return Finding(
        code=_CODE,
        severity=Severity.WARNING if caught else Severity.BLOCKER,
        stage=package.stage,
        subject=name,
        summary=f"{name} was built for {clash}, and {torch.name} is installed: it cannot be loaded, and {ends}.",
        evidence=f"{name}: {target.why}; torch {torch.placed.version}: {_kind(torch, clash)}.",
        fix=_fix(package, torch, target),
        source=target.source,
        line=package.line,
    )


def _kind(torch: Torch, clash: str) -> str:
    """What the installed torch is, in the respect that clashes."""
    if clash.startswith("CUDA"):
        return "a build for the CPU" if torch.cuda == CPU else f"CUDA {torch.cuda} ({torch.why})"
    if "ABI" in clash:
        return f"the {'new' if torch.abi == 'cxx11' else 'old'} C++ ABI"
    return "what is installed in the end"


def _fix(package: Placed, torch: Torch, target: BuiltFor) -> str:
    address = build_tags.of_address(package)
    if address.torch and address.torch != torch.minor:
        return f"Install it from the index for torch {torch.minor} instead of the one for torch {address.torch}."
    fitting = [row for row in kernels.rows() if row.package == package.name and torch.minor in row.torch]
    if target.torch and fitting:
        best = fitting[-1]
        return f"Install {package.name}=={best.version}, which {best.engine} uses with torch {torch.minor}."
    if target.torch:
        return f"Install a release of {package.name} for torch {torch.minor}, or torch {target.torch[-1]}."
    if target.cuda:
        return f"Install {package.name} and torch built for the same CUDA, such as both for CUDA {target.cuda}."
    return f"Install a build of {package.name} with the C++ ABI of {torch.name}."


def _open(package: Placed, torch: Torch) -> Finding:
    name = f"{package.name} {package.version}"
    row = kernels.row(package.name, package.version)
    module = packages.module_of(package.name)
    return Finding(
        code=_CODE, severity=Severity.PROBE, stage=package.stage, subject=name,
        summary=f"Which torch {name} was built for is not known.",
        evidence=f"Its metadata names no torch, and no known engine release pins it; {torch.name} is "
        f"installed.",
        fix=f"Install both and run `python -c 'import torch, {module}'` on a machine with such a GPU.",
        source=row.source if row else "installer/knowledge/kernels.yaml", line=package.line,
    )  # fmt: skip


def _floor(package: Placed, torch: Torch) -> Iterator[Finding]:
    floor = extensions.torch_floor(package.name, package.version)
    if floor is None or fits(torch.placed.version.partition("+")[0], f">={floor.needs}") is not False:
        return
    name = f"{package.name} {package.version}"
    yield Finding(
        code=_CODE, severity=Severity.BLOCKER, stage=package.stage, subject=name,
        summary=f"{name} needs torch {floor.needs} or newer, and importing it with {torch.name} fails.",
        evidence=f"Since {floor.since}, {package.name} uses features of torch {floor.needs}; {torch.name} is "
        f"installed.",
        fix=f"Install {package.name} before {floor.since} (`{package.name}<{floor.since}`), or leave it out.",
        source=floor.source, line=package.line,
    )  # fmt: skip


def _versions(stack: Stack) -> Iterator[Finding]:
    """Packages that refuse each other unless they are of one release."""
    for family in extensions.same_version():
        there = [stack.packages[name] for name in family.packages if name in stack.packages]
        releases = {package.version.partition("+")[0] for package in there}
        if len(releases) > 1:
            last = max(there, key=lambda package: package.stage)
            yield Finding(
                code=_CODE, severity=Severity.BLOCKER, stage=last.stage, subject=_listed(there),
                summary=f"{_listed(there)} are of different releases and cannot be imported together.",
                evidence="They compare their versions when they are imported, and these differ.",
                fix=f"Install the same release of {' and '.join(package.name for package in there)}.",
                source=family.source, line=last.line,
            )  # fmt: skip


def _modules(stack: Stack) -> Iterator[Finding]:
    """Packages that overwrite each other's files."""
    for family in extensions.same_module():
        there = [stack.packages[name] for name in family.packages if name in stack.packages]
        if len(there) > 1:
            last = max(there, key=lambda package: (package.line or 0, package.stage))
            yield Finding(
                code=_CODE, severity=Severity.BLOCKER, stage=last.stage, subject=_listed(there),
                summary=f"{_listed(there)} install the same module {family.module}: the one installed last overwrites "
                f"the other.",
                evidence=f"Both packages contain the folder {family.module}.",
                fix=f"Install only the one that the engine pins, and uninstall {last.name} if it is installed.",
                source=family.source, line=last.line,
            )  # fmt: skip


def _listed(packages: Sequence[Placed]) -> str:
    return " and ".join(f"{package.name} {package.version}" for package in packages)
