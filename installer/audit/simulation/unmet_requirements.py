"""Requirements of installed packages that what is installed does not meet: a blocker only where that ends something.

pip installs such a set with a warning, and most of them run. Compares; what ends is reported by `clash_proofs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from installer.audit.simulation import clash_proofs
from installer.audit.simulation.environments import Course, EnvironmentState
from installer.audit.simulation.requirement import Reader, Wanted
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import Placed
from installer.knowledge.packages import decisive, drifting, having

_UNRELEASED = frozenset(("git", "folder"))
"""Where a package comes from whose version is only supposed."""


@dataclass(frozen=True, slots=True)
class Clash:
    holder: Placed
    needs: Wanted
    there: Placed


def clashes(world: EnvironmentState, reader: Reader) -> Iterator[Clash]:
    """Every requirement of an installed package that an installed package does not meet."""
    for holder in world.packages.values():
        for text in holder.requires or ():
            needs = reader.read(text)
            there = world.packages.get(needs.name) if needs else None
            if needs and there and there.version and not needs.allows(there.version):
                yield Clash(holder, needs, there)


def check(course: Course, world: EnvironmentState, engine: Placed | None) -> frozenset[str]:
    """Note the clashes; the names of the packages that the engine does not require in that release."""
    together: dict[tuple[str, Severity, str], list[Clash]] = {}
    unasked = set[str]()
    for clash in clashes(world, course.reader):
        if not {clash.holder.name, clash.there.name} & (world.failed | world.supposed):
            severity, ends = _consequence(course, clash, engine)
            together.setdefault((clash.holder.name, severity, ends), []).append(clash)
            unasked |= {clash.there.name} if engine and clash.holder.name == engine.name else set()
    for (_, severity, ends), found in together.items():
        course.findings.append(_finding(sorted(found, key=_weight), severity, ends))
    return frozenset(unasked)


def _weight(clash: Clash) -> tuple[bool, bool]:
    """torch first, then what else is decisive."""
    return clash.needs.name != "torch", not decisive(clash.needs.name)


def _consequence(course: Course, clash: Clash, engine: Placed | None) -> tuple[Severity, str]:
    """How much a clash weighs, and what ends by it."""
    is_engine = engine is not None and clash.holder.name == engine.name
    if not decisive(clash.needs.name) or (
        _only_a_patch(clash) and (is_engine or clash.holder.name in having("native"))
    ):
        return Severity.WARNING, ""
    if {clash.there.source, clash.holder.source} & _UNRELEASED:
        return (Severity.PROBE if is_engine else Severity.WARNING), ""
    ends = clash_proofs.proof(course, engine, clash.holder, clash.needs, clash.there)
    return (Severity.BLOCKER if ends else Severity.PROBE if is_engine else Severity.WARNING), ends


def _only_a_patch(clash: Clash) -> bool:
    """Whether it requires one release and another patch of the same minor version is there; mostly a later one."""
    from packaging.version import InvalidVersion, Version

    try:
        wanted, there = Version(clash.needs.exact), Version(clash.there.version)
    except InvalidVersion:
        return False
    return wanted.release[:2] == there.release[:2] and (there > wanted or clash.needs.name in drifting())


def _finding(found: list[Clash], severity: Severity, ends: str) -> Finding:
    holder, shown = found[0].holder, found[:4]
    release = f"{holder.name} {holder.version}"
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    needs = ", ".join(clash.needs.text for clash in shown)
    there = ", ".join(f"{clash.there.name} {clash.there.version}" for clash in shown)
    lines = ", ".join(f"{clash.there.name} {clash.there.version}{_at(clash.there)}" for clash in shown)
    first = found[0]
    last = max((holder, *(clash.there for clash in found)), key=lambda placed: (placed.line or 0, placed.stage))
    return Finding(
        code=Code.DEPENDENCY_CONFLICT, severity=severity, stage=last.stage, subject=release,
        summary=f"{release} needs {needs}{more}, and {there} {'is' if len(shown) == 1 else 'are'} installed in "
        f"the end{_then(severity, ends)}.",
        evidence=f"{release}{_at(holder)}: Requires-Dist {needs}; installed: {lines}.",
        fix=f"Install {first.needs.text} instead, or use a {holder.name} that works with {first.there.name} "
        f"{first.there.version}.",
        source=f"the metadata of {release}", line=last.line,
    )  # fmt: skip


def _then(severity: Severity, ends: str) -> str:
    """What follows from it."""
    if ends:
        return f": {ends}"
    return ": pip only warns of this, and whether the server starts is not known" if severity == Severity.PROBE else ""


def _at(placed: Placed) -> str:
    return f" (line {placed.line})" if placed.line else ""
