"""Whether packages and weights fit on the machine's disks. Part of the check of memory; pure.

The sizes of unpacked wheels are estimates, so that what misses by little is only a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from installer.core.machine.facts import Disk, MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Stack
from installer.core.text.quantities import size
from installer.knowledge.wheel_sizes import unpacked_bytes
from installer.models.memory.options import Options
from installer.models.memory.weights import shape_of_model, weights_of
from installer.preflight.checks.target_disk import home_disk

_MIB = 1 << 20
_SURE = 0.8
"""Of an estimate: if not even that much fits, it is a blocker."""
_FOLDER = ("/", ".", "~")
_HUB = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME")


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes."""

    packages: float
    copies: float = 0.0
    """What the package cache takes where the filesystem has no hard links."""
    weights: int = 0

    @property
    def total(self) -> float:
        return self.packages + self.copies + self.weights


def findings(stack: Stack, facts: MachineFacts) -> Iterator[Finding]:
    """A clash or an open question; nothing if nothing is installed or fetched."""
    scripted = _scripted(stack)
    disk = home_disk(facts)
    need = need_of(stack, copied=not scripted and disk is not None and disk.hardlinks is False)
    if need.total <= 0:
        return
    if facts.disks is None or (disk is not None and disk.free_mib is None):
        yield _finding(
            stack, Severity.PROBE, "disk", "Whether the disk is large enough is not known.",
            f"{_described(need)}; its free space is not known.", "Run `df -h` on that machine, or `deploy-tui doctor`.",
        )  # fmt: skip
    elif scripted:
        yield from _anywhere(stack, facts, need)
    elif disk is not None:
        yield from _on_one(stack, disk, need)


def need_of(stack: Stack, *, copied: bool = False) -> Need:
    """What a stack takes on a disk; `copied` where the environment is a copy of what is in the package cache."""
    fetched = [package for package in stack.packages.values() if package.source != "image"]
    unpacked = sum(unpacked_bytes(package.name, package.bytes, package.version) for package in fetched)
    return Need(unpacked, unpacked if copied else 0.0, _weights(stack))


def _weights(stack: Stack) -> int:
    """Bytes of the checkpoint as it is fetched; 0 if it is on the machine already, or not known."""
    model, launch = stack.model, stack.launch
    if model is None or model.name.startswith(_FOLDER):
        return 0
    if launch and launch.model.startswith(_FOLDER) and not _scripted(stack):
        return 0  # a recipe's folder is only read; what a script serves from a folder it has fetched into it
    return weights_of(model, shape_of_model(model), Options()).bytes or 0


def _on_one(stack: Stack, disk: Disk, need: Need) -> Iterator[Finding]:
    """Everything of a recipe is in one home."""
    free = (disk.free_mib or 0) * _MIB
    if need.total <= free:
        return
    without = (
        " It does not support hard links, so the environment is a copy of the package cache." if need.copies else ""
    )
    yield _finding(
        stack, Severity.BLOCKER if need.total * _SURE > free else Severity.WARNING, disk.path,
        "There is not enough disk space for packages and weights." if need.total * _SURE > free else "The disk "
        "may be too small.",
        f"{_described(need)}; {disk.path} has {size(free)} free.{without}",
        f"Take at least {size(need.total * 1.1)} of disk, or put the home on a larger one with --home.",
    )  # fmt: skip


def _anywhere(stack: Stack, facts: MachineFacts, need: Need) -> Iterator[Finding]:
    """A script may put packages and weights on different disks."""
    free = {disk.path: (disk.free_mib or 0) * _MIB for disk in facts.disks or ()}
    largest, together = max(free.values(), default=0), sum(free.values())
    free_space = ", ".join(f"{path} has {size(amount)} free" for path, amount in free.items())
    if need.weights > largest or need.packages * _SURE > largest or need.packages * _SURE + need.weights > together:
        yield _finding(
            stack, Severity.BLOCKER, "disk", "There is not enough disk space for packages and "
            "weights.", f"{_described(need)}; {free_space}.",
            f"Use a machine with at least {size(need.total * 1.1)} of disk.",
        )  # fmt: skip
        return
    place = _hub_disk(stack, facts)
    if place is not None and need.weights > free.get(place.path, 0):
        roomy = max(free, key=lambda path: free[path])
        yield _finding(
            stack, Severity.WARNING, place.path, "The weights do not fit on the disk of the hub's cache.",
            f"{size(need.weights)} of weights go to {place.path}, which has {size(free[place.path])} free.",
            f"Set HF_HOME to a folder on {roomy}, which has {size(free[roomy])} free.",
        )  # fmt: skip


def _hub_disk(stack: Stack, facts: MachineFacts) -> Disk | None:
    """The disk of the hub's cache: where the launch's own variables put it, else the one of the home folder."""
    environment = stack.launch.environment if stack.launch else {}
    path = PurePosixPath(next((environment[name] for name in _HUB if environment.get(name)), "/root"))
    holding = [disk for disk in facts.disks or () if PurePosixPath(disk.path) in (path, *path.parents)]
    return max(holding, key=lambda disk: len(disk.path), default=None)


def _scripted(stack: Stack) -> bool:
    """Whether this is what a script does, and not a recipe."""
    launched = stack.launch is not None and stack.launch.line is not None
    return launched or any(package.line is not None for package in stack.packages.values())


def _described(need: Need) -> str:
    parts = [f"About {size(need.packages)} of unpacked packages"]
    parts += [f"{size(need.copies)} of copies of them"] if need.copies else []
    parts += [f"{size(need.weights)} of weights"] if need.weights else []
    return " and ".join(parts) + " (estimated from the sizes of the wheels)"


def _finding(stack: Stack, severity: Severity, subject: str, *texts: str) -> Finding:
    """`said`: summary, evidence, fix."""
    summary, evidence, fix = texts
    source = "sizes of wheels and weights (installer/knowledge/memory.yaml); machine facts"
    return Finding(
        code=Code.DISK,
        severity=severity,
        stage=8 if _weights(stack) else 6,
        subject=subject,
        summary=summary,
        evidence=evidence,
        fix=fix,
        source=source,
    )
