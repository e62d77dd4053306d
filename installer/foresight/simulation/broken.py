"""Requirements of installed packages that what ended up installed does not meet. Compares; asks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from installer.core.plan import Finding
from installer.core.stack import Placed
from installer.foresight.simulation.decisive import decisive
from installer.foresight.simulation.wanted import Reader, Wanted
from installer.foresight.simulation.world import Course, World

_NATIVE = frozenset({"torchvision", "torchaudio", "xformers", "vllm", "sgl-kernel", "sglang-kernel", "flash-attn"})


@dataclass(frozen=True, slots=True)
class Clash:
    holder: Placed
    needs: Wanted
    there: Placed


def clashes(world: World, reader: Reader) -> Iterator[Clash]:
    """Every requirement of an installed package that an installed package does not meet."""
    for holder in world.packages.values():
        for text in holder.requires or ():
            needs = reader.read(text)
            there = world.packages.get(needs.name) if needs else None
            if needs and there and there.version and not needs.allows(there.version):
                yield Clash(holder, needs, there)


def judge(course: Course, world: World, engine: str) -> None:
    """Note the clashes: those of the engine and of compiled packages break it, the others may not matter."""
    for clash in clashes(world, course.reader):
        if clash.holder.name in world.failed:
            continue
        course.findings.append(_finding(clash, _severity(clash, engine)))


def _severity(clash: Clash, engine: str) -> str:
    if clash.holder.name not in (engine, *_NATIVE) or not decisive(clash.needs.name):
        return "warning"
    return "warning" if _only_a_patch(clash) else "blocker"


def _only_a_patch(clash: Clash) -> bool:
    """Whether it asks for one release and a later patch of the same minor version is there."""
    from packaging.version import InvalidVersion, Version

    try:
        wanted, there = Version(clash.needs.exact), Version(clash.there.version)
    except InvalidVersion:
        return False
    return wanted.release[:2] == there.release[:2] and there > wanted


def _finding(clash: Clash, severity: str) -> Finding:
    holder, there = clash.holder, clash.there
    last = max((placed for placed in (holder, there)), key=lambda placed: (placed.line or 0, placed.stage))
    pinned = f"{clash.needs.name}{clash.needs.specifier}"
    return Finding(
        "dependency-conflict",
        severity,
        last.stage,
        f"{holder.name} {holder.version}",
        f"{holder.name} {holder.version} needs {pinned}, and {there.name} {there.version} is what ends up installed.",
        f"{holder.name} {holder.version}{_at(holder)}: Requires-Dist {clash.needs.text}; "
        f"{there.name} {there.version}{_at(there)}.",
        f"Install {pinned} last, or take a {holder.name} that works with {there.name} {there.version}.",
        f"the metadata of {holder.name} {holder.version}",
        last.line,
    )


def _at(placed: Placed) -> str:
    return f" (line {placed.line})" if placed.line else ""
